import { readFile, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { allowedSigners, verifyRepository, type Anchor, type Since } from '../../engine/index.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { gitDirectory } from '../offline/git-directory.ts';
import { renderVerification } from '../render/verification.ts';
import type { Session } from '../session.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';

export interface AuditVerifyOptions {
  readonly keys?: string;
  readonly rootKey: readonly string[];
  readonly anchor?: string;
  /** A full commit id, or a time as RFC 3339 writes it. */
  readonly since?: string;
}

/** Verifies a clone with nothing but public keys. Fails when an error is found; what could not be proved has an exit code of its own. */
export async function auditVerify(session: Session, repository: string, options: AuditVerifyOptions): Promise<ExitCode> {
  const { io } = session;
  const directory = await gitDirectory(io.cwd, repository);
  const keys = await keysOf(io.cwd, options);
  const anchor = options.anchor === undefined ? undefined : await readAnchor(io.cwd, options.anchor);
  const found = await verifyRepository({ directory, keys, anchor, since: sinceOf(options), refusalUnder, ...progress(session) });
  if (found.ok && options.anchor !== undefined && found.anchor !== undefined) await writeAnchor(resolve(io.cwd, options.anchor), found.anchor);
  session.print(found, (palette) => renderVerification(found, palette));
  if (!found.ok) return exitCodes.failed;
  return found.proved ? exitCodes.ok : exitCodes.unproved;
}

function sinceOf({ since }: AuditVerifyOptions): Since | undefined {
  if (since === undefined) return undefined;
  return since.includes('-') ? { time: new Date(since) } : { commit: since };
}

async function keysOf(cwd: string, { keys, rootKey }: AuditVerifyOptions): Promise<readonly Buffer[]> {
  if (keys === undefined && rootKey.length === 0) {
    throw new CliError('usage', 'A verification needs the platform’s public keys.', { next: 'give --keys a copy of `keys/allowed-signers` that you took earlier, or --root-key' });
  }
  const text = keys === undefined ? '' : await read(resolve(cwd, keys), keys);
  return allowedSigners([text, ...rootKey].join('\n'));
}

async function read(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError('file_not_readable', `${shown} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { next: 'name a file that is there', cause: error });
  }
}

/** `undefined` when there is none yet. */
async function readAnchor(cwd: string, shown: string): Promise<Anchor | undefined> {
  const text = await readFile(resolve(cwd, shown), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError('file_not_readable', `${shown} can't be read (${error.code ?? 'unknown'}).`, { next: 'name a file that an earlier verification wrote, or a new one', cause: error });
  });
  return text === undefined ? undefined : parseAnchor(text, shown);
}

function parseAnchor(text: string, shown: string): Anchor {
  try {
    const { main, cells } = JSON.parse(text) as Partial<Anchor>;
    if (typeof main === 'string' && typeof cells === 'object') return { main, cells };
  } catch {
    // Said below.
  }
  throw new CliError('file_not_readable', `${shown} is no anchor of an earlier verification.`, { next: 'name the file that an earlier run wrote; do not replace it, it is what you compare with' });
}

async function writeAnchor(path: string, anchor: Anchor): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(anchor, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

const progressEvery = 200;

/** On a terminal, how far it has come. */
function progress({ io, json }: Session): { readonly onProgress?: NonNullable<Parameters<typeof verifyRepository>[0]['onProgress']> } {
  if (json || !io.stderr.isTTY) return {};
  return {
    onProgress: (done, all) => {
      if (done % progressEvery === 0 || done === all) io.stderr.write(`\r${done} of ${all} commits${done === all ? '\r\u001B[K' : ''}`);
    },
  };
}
