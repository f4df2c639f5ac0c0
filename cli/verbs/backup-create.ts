import { cp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { LedgerError, openLedger, type Ledger } from '../../ledger/index.ts';
import { backupFileOf, createBackup, openKeys } from '../../workflows/index.ts';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { keysOf, repositoryOf } from './platform-keys.ts';

export interface BackupCreateOptions {
  readonly keysFor?: string;
}

/**
 * With a PostgreSQL server, and when no control plane runs, the stores are read here; the embedded ledger of a running control
 * plane is open there only, so it makes the backup, and this moves it to its place.
 */
export async function backupCreate(session: Session, path: string, { keysFor }: BackupCreateOptions): Promise<void> {
  const target = resolve(session.io.cwd, path);
  if (existsSync(target)) throw new CliError('folder_not_empty', `${path} is there already, and a backup is never overwritten.`, { next: 'name a new file or folder' });
  const options = keysFor === undefined ? {} : { recipient: keysFor };
  const isFile = target.endsWith('.tar');
  const folder = isFile ? `${target}.folder` : target;
  const ledger = await ledgerHere(session);
  const made = ledger === undefined ? await madeOnServer(session, folder, options) : await madeHere(session, ledger, folder, options);
  if (isFile) await backupFileOf(folder, target);
  session.print({ path: target, ...made }, () => `backed up main at ${made.main.slice(0, 12)} and the ledger of ${made.createdAt} into ${path}`);
}

interface Made {
  readonly createdAt: string;
  readonly main: string;
}

/** `undefined`: a running control plane has it. */
async function ledgerHere(session: Session): Promise<Ledger | undefined> {
  const { dataDirectory, io } = session;
  if (!existsSync(repositoryOf(io, dataDirectory))) throw new CliError('not_a_state_repository', `There is no state repository in ${dataDirectory}.`, { next: 'set CAMELEER_DATA to the data directory' });
  const url = io.env['CAMELEER_DATABASE_URL'] ?? '';
  if (url === '' && !existsSync(join(dataDirectory, 'ledger'))) throw new CliError('not_a_state_repository', `There is no ledger in ${dataDirectory}.`, { next: 'set CAMELEER_DATABASE_URL, as the control plane has it' });
  try {
    return await openLedger(url === '' ? { directory: join(dataDirectory, 'ledger') } : { url });
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'ledger_locked') return undefined;
    throw error;
  }
}

async function madeHere({ dataDirectory, io }: Session, ledger: Ledger, folder: string, options: { readonly recipient?: string }): Promise<Made> {
  try {
    const keys = keysOf(io, dataDirectory);
    // Keys that were made now would sign what nobody can verify.
    if (!existsSync(join(keys, 'state'))) throw new CliError('file_not_readable', `There is no signing key in ${keys}.`, { next: 'set CAMELEER_KEYS, as the control plane has it' });
    const source = { ledger, stateRepository: repositoryOf(io, dataDirectory), keys, signingKey: (await openKeys(keys)).state.private, now: () => io.now() };
    const { createdAt, main } = await createBackup(source, folder, options);
    return { createdAt, main };
  } finally {
    await ledger.close();
  }
}

async function madeOnServer(session: Session, folder: string, options: { readonly recipient?: string }): Promise<Made> {
  const { body } = await (await session.client()).request<Made & { folder: string }>('POST', '/api/v1/backups', { body: options });
  await rename(body.folder, folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await cp(body.folder, folder, { recursive: true, errorOnExist: true });
    await rm(body.folder, { recursive: true });
  });
  return { createdAt: body.createdAt, main: body.main };
}
