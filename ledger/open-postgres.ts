import { setTimeout } from 'node:timers/promises';
import { Client, Pool, types as parsers } from 'pg';
import type { ClientBase, ClientConfig, CustomTypesConfig } from 'pg';
import { isLost } from './faults.ts';
import { LedgerError } from './ledger-error.ts';
import type { Driver, Row, Script } from './ledger.ts';

/** As PGlite answers them: 64-bit integers as numbers. All of ours count events or bytes and stay far below 2^53. */
const types: CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === parsers.builtins.INT8 ? Number : parsers.getTypeParser(oid, format)),
};

const defaultLimit = 10_000;
/** For migrations and for what is restored. */
const patientLimit = 10 * 60_000;
/** The server's word that it gave up comes first, where it comes at all: the connection stays of use then. */
const margin = 1_000;

/**
 * A pool of connections to a PostgreSQL server. Nothing waits for it longer than the limit: the server gives up a statement, a
 * wait for a lock and an idle transaction after it, and where nothing comes from the server at all, this side does soon after
 * and drops the connection. Errors: `ledger_unreachable`.
 */
export async function openPostgres({ url, timeoutMilliseconds = defaultLimit }: { readonly url: string; readonly timeoutMilliseconds?: number }): Promise<Driver> {
  // What stood idle while the network forgot it is not asked again: each of them would have to be waited for.
  const pool = new Pool({ ...configOf(url, timeoutMilliseconds), max: 10, idleTimeoutMillis: Math.min(timeoutMilliseconds, defaultLimit) });
  // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => {});
  // The same for one that is in use: whoever uses it is told by the query.
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    await pool.query('select 1');
  } catch (cause) {
    await ended(pool, timeoutMilliseconds);
    throw new LedgerError('ledger_unreachable', 'PostgreSQL does not answer. Check the address, the credentials and the server.', { cause });
  }
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await pool.query<T>(text, [...parameters])).rows,
    async transaction(run) {
      const client = await pool.connect();
      return inTransaction(client, run, (broken) => client.release(broken));
    },
    async patiently(run) {
      const client = new Client({ ...configOf(url, patientLimit), connectionTimeoutMillis: timeoutMilliseconds });
      client.on('error', () => {});
      await client.connect();
      return inTransaction(client, run, () => void client.end());
    },
    close: async () => ended(pool, timeoutMilliseconds),
  };
}

function configOf(url: string, limit: number): ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: 'cameleer',
    keepAlive: true,
    connectionTimeoutMillis: limit,
    statement_timeout: limit,
    idle_in_transaction_session_timeout: limit,
    query_timeout: limit + margin,
  };
}

/** A server that stands still does not take leave, either. */
async function ended(pool: Pool, limit: number): Promise<void> {
  await Promise.race([pool.end(), setTimeout(limit, undefined, { ref: false })]);
}

async function inTransaction<T>(client: ClientBase, run: (sql: Script) => Promise<T>, release: (broken: Error | undefined) => void): Promise<T> {
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await run(scriptOf(client));
    await client.query('commit');
    return result;
  } catch (error) {
    broken = await rolledBack(client, error);
    throw error;
  } finally {
    release(broken);
  }
}

/** Answers with why the connection can not be used any more: the server rolls back when it ends. */
async function rolledBack(client: ClientBase, error: unknown): Promise<Error | undefined> {
  const lost = causeOf(error);
  if (lost !== undefined) return lost;
  return client.query('rollback').then(() => undefined, (failure: unknown) => (failure instanceof Error ? failure : new Error('rollback failed')));
}

/** What `run` throws has been told as a fault already. */
function causeOf(error: unknown): Error | undefined {
  const cause = error instanceof LedgerError ? error.cause : error;
  return cause instanceof Error && isLost(cause) ? cause : undefined;
}

function scriptOf(client: ClientBase): Script {
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await client.query<T>(text, [...parameters])).rows,
    async script(text) {
      await client.query(text);
    },
  };
}
