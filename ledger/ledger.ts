/** A row of the result, by column name. */
export type Row = Record<string, unknown>;

/** The SQL surface that PGlite and PostgreSQL share; every query of the product goes through `ledger/queries/`. */
export interface Sql {
  query<T extends Row = Row>(text: string, parameters?: readonly unknown[]): Promise<readonly T[]>;
}

export interface Database extends Sql {
  /** Runs in one transaction; rolled back when the function throws. */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
