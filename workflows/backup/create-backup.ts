import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { readReference, readStateKey, runGit, signSsh, writeBundle } from '../../engine/index.ts';
import { dumpLedger, type DumpSummary, type Ledger } from '../../ledger/index.ts';
import { seal } from '../../secrets/index.ts';
import { WorkflowError } from '../errors.ts';
import { newestDone } from '../newest-done.ts';
import { bundleName, keysName, ledgerName, manifestName, manifestOf, sha256Of, signatureName, signatureNamespace, type BackupManifest } from './manifest.ts';

export interface BackupSource {
  readonly ledger: Ledger;
  readonly stateRepository: string;
  /** Folder of the private keys. */
  readonly keys: string;
  /** The platform's signing key, private. */
  readonly signingKey: string;
  readonly now: () => Date;
}

/**
 * Writes a backup into a new folder, while writes go on. The ledger is read first, and the bundle afterwards: so the bundle
 * holds every commit that the ledger calls done, and what the ledger calls intended is settled from Git by the next start.
 * `recipient`: an age recipient, to whom the private keys are encrypted; without one they stay out. Errors:
 * `backup_exists`, `backup_incomplete`, `bad_recipient`, those of the stores; then the folder is not there.
 */
export async function createBackup(source: BackupSource, folder: string, options: { readonly recipient?: string } = {}): Promise<BackupManifest> {
  const made = await mkdir(folder, { mode: 0o700 }).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    return false;
  });
  if (!made) throw new WorkflowError('backup_exists', `${basename(folder)} is there already, and a backup is never overwritten. Name another one.`);
  try {
    return await fill(source, folder, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function fill(source: BackupSource, folder: string, { recipient }: { readonly recipient?: string }): Promise<BackupManifest> {
  const createdAt = source.now().toISOString();
  if (recipient !== undefined) await writeDurably(join(folder, keysName), await seal(JSON.stringify(await readKeys(source.keys)), recipient));
  const ledger = await writeLedger(source.ledger, join(folder, ledgerName));
  const main = await readReference(source.stateRepository, 'refs/heads/main');
  if (main === undefined) throw new WorkflowError('not_found', 'The state repository has no branch main, so there is nothing to back up. Run cameleer doctor.');
  const acknowledged = await newestDone(source.ledger);
  await writeBundle(source.stateRepository, join(folder, bundleName));
  await expectThere(source.stateRepository, acknowledged);
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of (await readdir(folder)).sort()) files[name] = { bytes: (await stat(join(folder, name))).size, sha256: await sha256Of(join(folder, name)) };
  const manifest = manifestOf({ createdAt, main, ledger, files });
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await writeDurably(join(folder, signatureName), signSsh(bytes, readStateKey(source.signingKey), signatureNamespace));
  await writeDurably(join(folder, manifestName), bytes);
  for (const path of [folder, dirname(folder)]) await flushFolder(path);
  return manifest;
}

/** The mirror of a Git host may be behind, and a repository may have been set back: that would be no pair. */
async function expectThere(repository: string, commits: readonly string[]): Promise<void> {
  const there = new Set((await runGit(repository, ['rev-list', '--all'])).toString('latin1').split('\n'));
  const missing = commits.find((commit) => !there.has(commit));
  if (missing !== undefined) throw new WorkflowError('backup_incomplete', `The ledger calls ${missing} done, and the state repository does not have it, so this would be no pair. Try again in a minute; if that does not help, run cameleer doctor.`);
}

async function writeLedger(ledger: Ledger, path: string): Promise<DumpSummary> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  const gzip = createGzip({ level: 6 });
  gzip.pipe(file);
  const write = async (line: string) => {
    if (!gzip.write(`${line}\n`)) await once(gzip, 'drain');
  };
  // A file that can not be written must end the dump, not leave it waiting for a drain.
  const failed = finished(file);
  file.once('error', (error) => gzip.destroy(error));
  const summary = await Promise.race([dumpLedger(ledger, write), failed.then(() => Promise.reject(new Error('The dump ended before its time.')))]);
  gzip.end();
  await failed;
  return summary;
}

/** File → text; one level, as `openKeys` makes it. */
async function readKeys(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp') && entry.name !== 'cli-token');
  return Object.fromEntries(await Promise.all(entries.map(async ({ name }) => [name, await readFile(join(folder, name), 'utf8')] as const)));
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx', mode: 0o600, flush: true });
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
