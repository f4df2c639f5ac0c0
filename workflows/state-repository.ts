import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lockDataDirectory, shareRepository, type DataDirectoryLock } from '../cluster/index.ts';
import type { EngineOptions } from '../engine/index.ts';
import { CodedError } from '../schemas/index.ts';
import { WorkflowError } from './errors.ts';

/** Where the state is. */
export interface StateLocation {
  /** A bare repository that other processes may use as well; default: `state.git` in the data directory. */
  readonly repository?: string;
  /** A Git host that holds the truth; the repository in the data directory then is its mirror. */
  readonly remote?: NonNullable<EngineOptions['remote']> & { readonly pollSeconds?: number };
  /** File with the secret that signs the webhooks of the Git host. */
  readonly hookSecretFile?: string;
  /** So many writes may wait. */
  readonly queue?: number;
}

export function repositoryOf(directory: string, { repository }: StateLocation): string {
  return repository ?? join(directory, 'state.git');
}

/** Takes a repository that others may use. Errors: `replica_needs_postgres`. */
export function takeRepository(repository: string, { shared }: { readonly shared: boolean }): DataDirectoryLock {
  mkdirSync(dirname(repository), { recursive: true, mode: 0o700 });
  return shareRepository(repository, shared ? 'shared' : 'alone');
}

/** The right to run the local cells of a repository: one process has it; `undefined` when it is another one. */
export function takeRunner(repository: string): DataDirectoryLock | undefined {
  try {
    return lockDataDirectory(dirname(repository), 'cameleer-runner.lock');
  } catch (error) {
    if (error instanceof CodedError && error.code === 'data_directory_in_use') return undefined;
    throw error;
  }
}

export function engineOptionsOf({ remote, queue }: StateLocation): Pick<EngineOptions, 'remote' | 'pollMilliseconds' | 'queueLimit'> {
  return {
    ...(remote === undefined ? {} : { remote }),
    ...(remote?.pollSeconds === undefined ? {} : { pollMilliseconds: remote.pollSeconds * 1000 }),
    ...(queue === undefined ? {} : { queueLimit: queue }),
  };
}

const shortestSecret = 16;

/** Read once: a host is told the secret by hand, so that it does not change by itself. Errors: `hook_secret_unusable`. */
export async function hookSecretOf({ hookSecretFile }: StateLocation): Promise<string | undefined> {
  if (hookSecretFile === undefined) return undefined;
  const secret = await readFile(hookSecretFile, 'utf8').then((text) => text.trim(), () => '');
  if (secret.length < shortestSecret) throw new WorkflowError('hook_secret_unusable', `${hookSecretFile} can not be read, or holds fewer than ${shortestSecret} characters. Put a long random secret there, and the same one into the webhook of the Git host.`);
  return secret;
}
