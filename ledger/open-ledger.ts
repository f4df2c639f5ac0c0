import { asFault, tellFaults } from './faults.ts';
import type { Database, Driver } from './ledger.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './open-pglite.ts';
import { openPostgres } from './open-postgres.ts';

/** The ledger, migrated. Queries are the functions of `ledger/queries/`, which take it (or a transaction of it) first. */
export type Ledger = Database;

/**
 * `onFailure`: told when the embedded database ended by itself, or could not be started again yet. `timeoutMilliseconds`: for so long a server is waited for, to connect and for each statement;
 * default 10 s.
 */
export type LedgerPlace = { readonly directory: string; readonly onFailure?: (error: unknown) => void } | { readonly url: string; readonly timeoutMilliseconds?: number };

/** Opens the embedded ledger of a directory, or that of a PostgreSQL server. Errors: `LedgerError`. */
export async function openLedger(place: LedgerPlace): Promise<Ledger> {
  const driver = await openDriver(place);
  try {
    await migrate(driver);
  } catch (error) {
    await driver.close();
    throw error;
  }
  return driver;
}

/** The same before it is migrated. */
export async function openDriver(place: LedgerPlace): Promise<Driver> {
  try {
    return tellFaults('directory' in place ? await openPglite(place.directory, place.onFailure) : await openPostgres(place));
  } catch (error) {
    throw asFault(error);
  }
}
