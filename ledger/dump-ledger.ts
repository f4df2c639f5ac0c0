import type { Database, Sql } from './ledger.ts';

/** What a dump holds: the last migration that its tables know, and how many rows of each there are. */
export interface DumpSummary {
  readonly migration: number;
  readonly tables: Readonly<Record<string, number>>;
}

export interface DumpedTable {
  readonly table: string;
  readonly columns: readonly string[];
}

export const dumpFormat = 'cameleer-ledger 1';
const atOnce = 500;

/**
 * Writes the ledger of one moment as lines of text: `#{…}` names the schema or the table that follows, any other line is a row
 * as JSON. Only what both databases speak is used, so that a dump of one can be restored into the other. Writes go on
 * meanwhile on a server; an embedded ledger does nothing else. Tables come in an order in which they can be filled.
 */
export async function dumpLedger(ledger: Database, write: (line: string) => Promise<void>): Promise<DumpSummary> {
  return ledger.transaction(async (sql) => {
    await sql.query('set transaction isolation level repeatable read, read only');
    // It holds no lock that anybody waits for, and where it is written to may be slow.
    await sql.query('set local idle_in_transaction_session_timeout = 0');
    const migrations = await sql.query<{ number: number; sha256: string }>('select number, sha256 from migrations order by number');
    await write(`#${JSON.stringify({ format: dumpFormat, migrations })}`);
    const tables: Record<string, number> = {};
    for (const table of await tablesInOrder(sql)) tables[table.table] = await dumpTable(sql, table, write);
    return { migration: migrations.at(-1)?.number ?? 0, tables };
  });
}

async function dumpTable(sql: Sql, { table, columns }: DumpedTable, write: (line: string) => Promise<void>): Promise<number> {
  await write(`#${JSON.stringify({ table, columns })}`);
  await sql.query(`declare dump no scroll cursor for select row_to_json(r)::text as row from (select ${columns.map(quoted).join(', ')} from ${quoted(table)}) r`);
  let count = 0;
  for (;;) {
    const rows = await sql.query<{ row: string }>(`fetch ${atOnce} from dump`);
    for (const { row } of rows) await write(row);
    count += rows.length;
    if (rows.length < atOnce) break;
  }
  await sql.query('close dump');
  return count;
}

/** Ours only, with the columns that can be written; a table stands after those that it refers to. */
async function tablesInOrder(sql: Sql): Promise<readonly DumpedTable[]> {
  const columns = await sql.query<{ table: string; column: string }>(
    `select c.table_name as "table", c.column_name as "column" from information_schema.columns c
     join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
     where c.table_schema = 'public' and c.is_generated = 'NEVER' and c.table_name <> 'migrations' order by c.table_name, c.ordinal_position`,
  );
  const references = await sql.query<{ from: string; to: string }>(
    `select conrelid::regclass::text as "from", confrelid::regclass::text as "to" from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  const left = Map.groupBy(columns, ({ table }) => table);
  const ordered: DumpedTable[] = [];
  while (left.size > 0) {
    const ready = [...left.keys()].filter((table) => !references.some(({ from, to }) => from === table && left.has(to)));
    if (ready.length === 0) throw new TypeError('Tables of the ledger refer to each other in a circle.');
    for (const table of ready) {
      ordered.push({ table, columns: (left.get(table) ?? []).map(({ column }) => column) });
      left.delete(table);
    }
  }
  return ordered;
}

/** An identifier of ours: nothing else is ever asked for. */
export function quoted(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new TypeError(`${JSON.stringify(name)} names no table or column of the ledger.`);
  return `"${name}"`;
}
