import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/** The folder of the private keys: that of the data directory, or the one that several processes share. */
export function keysOf(io: Io, dataDirectory: string): string {
  const shared = io.env['CAMELEER_KEYS'] ?? '';
  return shared === '' ? join(dataDirectory, 'keys') : resolve(io.cwd, shared);
}

/** Public keys of the platform, `ssh-ed25519 …`: those of the file, else those that a start has written down beside the private ones. */
export async function signersOf(io: Io, dataDirectory: string, file: string | undefined): Promise<readonly string[]> {
  const own = join(keysOf(io, dataDirectory), 'allowed-signers');
  if (file === undefined && !existsSync(own)) return [];
  return [...(await readTextFile(io, file ?? own)).matchAll(/ssh-ed25519 [A-Za-z0-9+/=]+/g)].map(([key]) => key);
}

/** The state repository of a data directory, or the one that several processes share. */
export function repositoryOf(io: Io, dataDirectory: string): string {
  const shared = io.env['CAMELEER_STATE_REPOSITORY'] ?? '';
  return shared === '' ? join(dataDirectory, 'state.git') : resolve(io.cwd, shared);
}

/** Throws `file_not_readable`. */
export async function readTextFile(io: Io, file: string): Promise<string> {
  return readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
    throw new CliError('file_not_readable', `${file} can't be read.`, { next: 'check its name and its permissions', cause });
  });
}
