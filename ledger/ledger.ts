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

/** What the migrations need besides: several statements in one text. Both implementations answer whole numbers as `number`. */
export interface Script extends Sql {
  script(text: string): Promise<void>;
}

/** A database before it is migrated. */
export interface Driver extends Database {
  transaction<T>(run: (sql: Script) => Promise<T>): Promise<T>;
  /** A transaction whose statements may take minutes: for migrations, and for what is restored. */
  patiently<T>(run: (sql: Script) => Promise<T>): Promise<T>;
}
