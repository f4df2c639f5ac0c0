import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Driver } from './ledger.ts';
import { LedgerError } from './ledger-error.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

/** A migration that a ledger has been through. */
export interface AppliedMigration extends Record<string, unknown> {
  readonly number: number;
  readonly sha256: string;
}

/** Any constant; serialises the migrations of several processes that start together. */
const advisoryLock = 7_221_001;

/**
 * Brings the schema up to date in one transaction, or through the migration of that number. Errors: `ledger_newer`,
 * `migration_changed`.
 */
export async function migrate(driver: Driver, through = Number.POSITIVE_INFINITY): Promise<void> {
  const migrations = (await readMigrations()).filter(({ number }) => number <= through);
  await driver.patiently(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    await sql.query('create table if not exists migrations (number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())');
    const applied = await sql.query<AppliedMigration>('select number, sha256 from migrations order by number');
    check(migrations, applied);
    for (const { number, name, text, sha256 } of migrations.slice(applied.length)) {
      await sql.script(text);
      await sql.query('insert into migrations (number, name, sha256) values ($1, $2, $3)', [number, name, sha256]);
    }
  });
}

/** Whether this version has these migrations, in this form. Throws like `migrate`. */
export async function sameMigrations(applied: readonly AppliedMigration[]): Promise<void> {
  check(await readMigrations(), applied);
}

function check(migrations: readonly Migration[], applied: readonly AppliedMigration[]): void {
  if (applied.length > migrations.length) {
    throw new LedgerError('ledger_newer', 'The ledger was written by a newer version of this program. Start that version or a later one.');
  }
  const changed = applied.find((row, index) => row.number !== migrations[index]?.number || row.sha256 !== migrations[index].sha256);
  if (changed !== undefined) {
    throw new LedgerError('migration_changed', `Migration ${changed.number} was applied to this ledger in another form. Restore the file as it was, and make changes in a new one.`);
  }
}

async function readMigrations(): Promise<readonly Migration[]> {
  const directory = join(import.meta.dirname, 'migrations');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(names.map(async (name) => {
    const text = await readFile(join(directory, name), 'utf8');
    return { number: Number.parseInt(name, 10), name, text, sha256: createHash('sha256').update(text).digest('hex') };
  }));
}
