import { Pool, types as parsers } from 'pg';
import type { CustomTypesConfig, PoolClient } from 'pg';
import { LedgerError } from './ledger-error.ts';
import type { Driver, Row, Script } from './ledger.ts';

/** As PGlite answers them: 64-bit integers as numbers. All of ours count events or bytes and stay far below 2^53. */
const types: CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === parsers.builtins.INT8 ? Number : parsers.getTypeParser(oid, format)),
};

/** A pool of connections to a PostgreSQL server. Errors: `ledger_unreachable`. */
export async function openPostgres(url: string): Promise<Driver> {
  const pool = new Pool({ connectionString: url, max: 10, types, application_name: 'cameleer' });
  // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => {});
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    throw new LedgerError('ledger_unreachable', 'PostgreSQL does not answer. Check the address, the credentials and the server.', { cause });
  }
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await pool.query<T>(text, [...parameters])).rows,
    async transaction(run) {
      const client = await pool.connect();
      return inTransaction(client, run);
    },
    close: async () => pool.end(),
  };
}

async function inTransaction<T>(client: PoolClient, run: (sql: Script) => Promise<T>): Promise<T> {
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await run(scriptOf(client));
    await client.query('commit');
    return result;
  } catch (error) {
    broken = await client.query('rollback').then(() => undefined, (failure: unknown) => (failure instanceof Error ? failure : new Error('rollback failed')));
    throw error;
  } finally {
    client.release(broken);
  }
}

function scriptOf(client: PoolClient): Script {
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await client.query<T>(text, [...parameters])).rows,
    async script(text) {
      await client.query(text);
    },
  };
}
