import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { checkCells, countCommits, publicBytesOf, readBundle, readReference, type CellVerdict } from '../../engine/index.ts';
import { openLedger, restoreLedger, unfinishedAudit, verifyAudit, type DumpSummary, type Ledger, type LedgerPlace } from '../../ledger/index.ts';
import { open as openSealed } from '../../secrets/index.ts';
import { WorkflowError } from '../errors.ts';
import { bundleName, keysName, ledgerName, verifyManifest, type VerifiedManifest } from './manifest.ts';
import { missingImages, type MissingImage } from './missing-images.ts';

export interface RestoreOptions {
  /** The backup, as `createBackup` wrote it. */
  readonly folder: string;
  /** The data directory to make; it may hold `registry/` and nothing else. */
  readonly directory: string;
  /** An empty PostgreSQL database; default: the embedded one, in the data directory. */
  readonly databaseUrl?: string;
  /** Public keys of the platform, `ssh-ed25519 …`, kept outside the backup. */
  readonly signers: readonly string[];
  /** Where the images are that releases name; default: `registry` of the directory. */
  readonly registry?: string;
  /** Opens `keys.age`; without it the keys stay out. */
  readonly identities?: readonly string[];
}

export interface RestoreReport {
  readonly createdAt: string;
  readonly signature: VerifiedManifest['signature'];
  readonly main: string;
  readonly commits: number;
  readonly cells: readonly CellVerdict[];
  readonly ledger: DumpSummary;
  readonly audit: { readonly chains: number; readonly events: number; readonly unfinished: number };
  readonly keys: number;
  /** The backup holds keys that no identity was given for. */
  readonly keysSealed: boolean;
  readonly missingImages: readonly MissingImage[];
}

/**
 * Makes a data directory of a backup. Everything is built and checked aside: hashes and signature, `git fsck --strict`, every
 * chain of the audit, cells against the rendering of `main`. Only then the directory gets its content. Errors: `backup_invalid`,
 * `not_empty`, `ledger_not_empty`, those of the stores; then nothing is there that was not before, but for a database of a
 * server that may hold the restored ledger.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { folder, directory } = options;
  const left = (await readdir(directory).catch(() => [])).filter((name) => name !== 'registry');
  if (left.length > 0) throw new WorkflowError('not_empty', `${directory} holds ${left[0] ?? ''}, and a restore never overwrites. Name an empty data directory.`);
  const verified = await verifyManifest(folder, options.signers.flatMap((line) => publicBytesOf(line) ?? []));
  const draft = join(directory, '.restoring');
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const report = await restoreInto(options, draft, verified);
    for (const name of await readdir(draft)) await rename(join(draft, name), join(directory, name));
    return report;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function restoreInto(options: RestoreOptions, draft: string, { manifest, signature, signer }: VerifiedManifest): Promise<RestoreReport> {
  const { folder, directory, registry = join(directory, 'registry') } = options;
  // Who signed the backup made its cells as well, when nobody says better.
  const signers = options.signers.length > 0 ? options.signers : [signer];
  const repository = join(draft, 'state.git');
  await readBundle(join(folder, bundleName), repository);
  const main = await readReference(repository, 'refs/heads/main');
  if (main === undefined) throw new WorkflowError('backup_invalid', 'The bundle has no branch main. Take another backup.');
  const keys = await restoreKeys(options, join(draft, 'keys'));
  const place: LedgerPlace = options.databaseUrl === undefined ? { directory: join(draft, 'ledger') } : { url: options.databaseUrl };
  const ledger = await restoreLedger(place, linesOf(join(folder, ledgerName)));
  expectSame(ledger, manifest.ledger);
  return {
    createdAt: manifest.createdAt,
    signature,
    main,
    commits: await countCommits(repository),
    cells: await checkCells({ directory: repository, signers }),
    ledger,
    audit: await checkAudit(place),
    keys,
    keysSealed: keys === 0 && existsSync(join(folder, keysName)),
    missingImages: await missingImages(repository, main, existsSync(registry) ? registry : undefined),
  };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const gunzip = createGunzip();
  const file = createReadStream(path);
  file.once('error', (error) => gunzip.destroy(error));
  yield* createInterface({ input: file.pipe(gunzip), crlfDelay: Number.POSITIVE_INFINITY });
}

function expectSame(restored: DumpSummary, backedUp: DumpSummary): void {
  for (const [table, count] of Object.entries(backedUp.tables)) {
    if (restored.tables[table] !== count) throw new WorkflowError('backup_invalid', `The dump of the ledger holds ${restored.tables[table] ?? 0} rows of ${table} instead of ${count}. Take another backup.`);
  }
}

async function checkAudit(place: LedgerPlace): Promise<RestoreReport['audit']> {
  const ledger = await openLedger(place);
  try {
    const chains = await auditChains(ledger);
    let events = 0;
    for (const chain of chains) {
      const verdict = await verifyAudit(ledger, chain);
      if (!verdict.intact) throw new WorkflowError('backup_invalid', `The audit chain ${chain} is broken at event ${verdict.brokenAt ?? 0}. Take another backup, and keep this one as evidence.`);
      events += verdict.events;
    }
    return { chains: chains.length, events, unfinished: (await unfinishedAudit(ledger)).length };
  } finally {
    await ledger.close();
  }
}

export async function auditChains(ledger: Ledger): Promise<readonly string[]> {
  const rows = await ledger.query<{ chain: string }>('select chain from audit_heads union select distinct chain from audit_events order by 1');
  return rows.map(({ chain }) => chain);
}

async function restoreKeys({ folder, identities }: RestoreOptions, into: string): Promise<number> {
  const path = join(folder, keysName);
  if (identities === undefined || identities.length === 0 || !existsSync(path)) return 0;
  const files = JSON.parse(await openSealed(await readFile(path, 'latin1'), identities)) as Record<string, string>;
  await mkdir(into, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) throw new WorkflowError('backup_invalid', `The backup names a key ${JSON.stringify(name)}. Take another backup.`);
    await writeFile(join(into, name), text, { flag: 'wx', mode: name === 'allowed-signers' ? 0o644 : 0o600, flush: true });
  }
  return Object.keys(files).length;
}
