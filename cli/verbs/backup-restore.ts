import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { restoreBackup, withBackupFolder, type RestoreReport } from '../../workflows/index.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import { exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { readTextFile, signersOf } from './platform-keys.ts';

export interface BackupReadOptions {
  readonly signers?: string;
  readonly identity: readonly string[];
}

export async function backupRestore(session: Session, path: string, options: BackupReadOptions & { readonly data: string; readonly databaseUrlFrom?: string }): Promise<ExitCode> {
  const directory = resolve(session.io.cwd, options.data);
  const databaseUrl = options.databaseUrlFrom === undefined ? undefined : session.io.env[options.databaseUrlFrom];
  if (options.databaseUrlFrom !== undefined && (databaseUrl ?? '') === '') throw new CliError('usage', `${options.databaseUrlFrom} is not set.`, { next: 'set it to the URL of an empty PostgreSQL database' });
  return restored(session, path, { ...options, directory, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
}

/** The same into a place that nobody uses, and gone afterwards: what shows that a backup is one. */
export async function backupRehearse(session: Session, path: string, options: BackupReadOptions): Promise<ExitCode> {
  const place = await mkdtemp(join(tmpdir(), 'cameleer-rehearsal-'));
  try {
    return await restored(session, path, { ...options, directory: join(place, 'data'), registry: join(session.dataDirectory, 'registry') });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

interface Restoring extends BackupReadOptions {
  readonly directory: string;
  readonly databaseUrl?: string;
  readonly registry?: string;
}

async function restored(session: Session, path: string, { signers, identity, ...where }: Restoring): Promise<ExitCode> {
  const keys = await signersOf(session.io, session.dataDirectory, signers);
  const identities = (await Promise.all(identity.map((file) => readTextFile(session.io, file)))).flatMap((content) => content.split('\n').filter((line) => line.startsWith('AGE-SECRET-KEY-')));
  const began = performance.now();
  const report = await withBackupFolder(resolve(session.io.cwd, path), (folder) => restoreBackup({ folder, signers: keys, identities, ...where }));
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  session.print({ seconds, ...report }, () => lines(report, seconds).join('\n'));
  const wrong = report.cells.some(({ state }) => state !== 'equal' && state !== 'behind');
  return wrong ? exitCodes.failed : exitCodes.ok;
}

function lines(report: RestoreReport, seconds: number): readonly string[] {
  const { audit, ledger, missingImages } = report;
  const signature = report.signature === 'trusted' ? 'signed by the platform' : 'signed by a key that was not compared: give --signers';
  return [
    `verified in ${seconds} s: taken ${report.createdAt}, ${signature}`,
    `state: main at ${report.main.slice(0, 12)}, ${report.commits} commits, every object checked`,
    ...report.cells.map(({ cell, state }) => `cell ${cell}: ${state === 'equal' ? 'equal to the rendering of main' : state}`),
    `ledger: ${Object.entries(ledger.tables).map(([table, count]) => `${table} ${count}`).join(', ')}; ${audit.chains} audit chains of ${audit.events} events intact, ${audit.unfinished} unfinished, which the next start settles from Git`,
    keysLine(report),
    `images: ${missingImages.length === 0 ? 'all there' : `${missingImages.length} missing; restore registry/ as well`}`,
    ...missingImages.slice(0, 20).map(({ release, digest }) => `  ${release} ${digest}`),
  ];
}

function keysLine({ keys, keysSealed }: RestoreReport): string {
  if (keys > 0) return `keys: ${keys} restored`;
  return keysSealed ? 'keys: in the backup, and not opened: --identity FILE opens them' : 'keys: not in the backup; put keys/ back before the start';
}
