import { dumpFormat, quoted } from './dump-ledger.ts';
import type { DumpedTable, DumpSummary } from './dump-ledger.ts';
import type { Sql } from './ledger.ts';
import { LedgerError } from './ledger-error.ts';
import { migrate, sameMigrations } from './migrate.ts';
import type { AppliedMigration } from './migrate.ts';
import { openDriver } from './open-ledger.ts';
import type { LedgerPlace } from './open-ledger.ts';

const atOnce = 500;

/**
 * Fills an empty ledger with what `dumpLedger` wrote, in one transaction, and brings it to the schema of this version.
 * Errors: `ledger_not_empty`, `dump_invalid`, `ledger_newer`, `migration_changed`, and those of opening one.
 */
export async function restoreLedger(place: LedgerPlace, lines: AsyncIterable<string>): Promise<DumpSummary> {
  const driver = await openDriver(place);
  try {
    const [found] = await driver.query<{ count: number }>(`select count(*)::int as count from information_schema.tables where table_schema = 'public'`);
    if (found?.count !== 0) throw new LedgerError('ledger_not_empty', 'The ledger to restore into holds something already. Name an empty database, or another directory.');
    const rest = lines[Symbol.asyncIterator]();
    const applied = headOf(await rest.next());
    await sameMigrations(applied);
    const migration = applied.at(-1)?.number ?? 0;
    await migrate(driver, migration);
    const tables = await driver.patiently((sql) => load(sql, { [Symbol.asyncIterator]: () => rest }));
    await migrate(driver);
    return { migration, tables };
  } finally {
    await driver.close();
  }
}

function invalid(cause?: unknown): LedgerError {
  return new LedgerError('dump_invalid', 'This is no dump of a ledger, or it was cut off. Take another backup.', { cause });
}

function parsed<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch (cause) {
    throw invalid(cause);
  }
}

function headOf(first: IteratorResult<string, unknown>): readonly AppliedMigration[] {
  const line = first.done === true ? '' : first.value;
  if (!line.startsWith('#')) throw invalid();
  const { format, migrations } = parsed<{ format?: string; migrations?: readonly AppliedMigration[] }>(line.slice(1));
  if (format !== dumpFormat || migrations === undefined) throw invalid();
  return migrations;
}

async function load(sql: Sql, lines: AsyncIterable<string>): Promise<Record<string, number>> {
  const tables: Record<string, number> = {};
  let target: DumpedTable | undefined;
  let batch: string[] = [];
  const flush = async () => {
    if (target !== undefined && batch.length > 0) await insert(sql, target, batch);
    batch = [];
  };
  for await (const line of lines) {
    if (line.startsWith('#')) {
      await flush();
      target = parsed<DumpedTable>(line.slice(1));
      tables[target.table] = 0;
      continue;
    }
    if (target === undefined) throw invalid();
    batch.push(line);
    tables[target.table] = (tables[target.table] ?? 0) + 1;
    if (batch.length === atOnce) await flush();
  }
  await flush();
  return tables;
}

async function insert(sql: Sql, { table, columns }: DumpedTable, rows: readonly string[]): Promise<void> {
  const names = columns.map(quoted).join(', ');
  await sql.query(`insert into ${quoted(table)} (${names}) overriding system value select ${names} from json_populate_recordset(null::${quoted(table)}, $1::text::json)`, [`[${rows.join(',')}]`]);
}
