import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';

/** Raised when the tables or what they hold change: a file of another version is made anew. */
const version = 3;

const schema = `
  create table commits (position integer primary key, id blob not null unique, time integer not null, platform integer not null);
  create index commits_by_time on commits (time, position);
  create table keys (key integer primary key, text text not null unique);
  create table postings (key integer not null, position integer not null, primary key (key, position)) without rowid;
  pragma user_version = ${version};
`;

/** Positions count commits along first parents, from 0. `time`: when the commit counts as made, never before an earlier one. */
export interface StoredCommit {
  readonly position: number;
  readonly id: string;
  readonly time: number;
  readonly platform: boolean;
}

export type LastCommit = Pick<StoredCommit, 'position' | 'time'> & { readonly id: string | undefined };

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) % 256;
}

/** Somebody else is writing to it. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === SQLITE_BUSY;
}

/** The file can not be believed: it is derived, so it is made anew. */
export function isDamaged(error: unknown): boolean {
  return codeOf(error) === SQLITE_CORRUPT || codeOf(error) === SQLITE_NOTADB;
}

/** Nothing can be written where it stands. */
export function isUnwritable(error: unknown): boolean {
  return [SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN].includes(codeOf(error));
}

/** Another process makes the file, or writes down what it has added. */
const patienceMilliseconds = 1_000;

/** Which commits have which keys, in an SQLite file. Readers see the last transaction that ended; several processes may share it. */
export class HistoryStore {
  readonly #path: string;
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #reads = new Map<string, StatementSync>();
  readonly #writes = new Map<string, StatementSync>();
  readonly #keys = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
    this.#writer = new DatabaseSync(path, { timeout: patienceMilliseconds });
    try {
      this.#prepareFile();
      // From here on nobody waits in the middle of a turn of the event loop: see `isBusy`.
      this.#writer.exec('pragma busy_timeout = 0');
      this.#reader = new DatabaseSync(path, { timeout: patienceMilliseconds });
    } catch (error) {
      this.#writer.close();
      throw error;
    }
  }

  #prepareFile(): void {
    this.#writer.exec('pragma journal_mode = wal; pragma synchronous = normal');
    if (this.#isOfThisVersion()) return;
    this.#writer.exec('begin immediate');
    // Another process may have made it meanwhile.
    if (!this.#isOfThisVersion()) this.#makeTables();
    this.#writer.exec('commit');
  }

  #isOfThisVersion(): boolean {
    return this.#writer.prepare('pragma user_version').get()?.['user_version'] === version;
  }

  #makeTables(): void {
    const tables = this.#writer.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").all();
    for (const { name } of tables) this.#writer.exec(`drop table "${String(name)}"`);
    this.#writer.exec(schema);
  }

  #get(sql: string, ...values: (number | string | Uint8Array)[]): Record<string, SQLOutputValue> | undefined {
    let statement = this.#reads.get(sql);
    if (statement === undefined) this.#reads.set(sql, (statement = this.#reader.prepare(sql)));
    return statement.get(...values);
  }

  #run(sql: string, ...values: (number | string | Uint8Array)[]): Record<string, SQLOutputValue> | undefined {
    let statement = this.#writes.get(sql);
    if (statement === undefined) this.#writes.set(sql, (statement = this.#writer.prepare(sql)));
    return statement.get(...values);
  }

  /** Runs a question on one state of the file, whatever others write meanwhile. */
  snapshot<T>(question: () => T): T {
    this.#reader.exec('begin');
    try {
      return question();
    } finally {
      this.#reader.exec('commit');
    }
  }

  positionOf(id: string): number | undefined {
    const found = this.#get('select position from commits where id = ?', Buffer.from(id, 'hex'))?.['position'];
    return typeof found === 'number' ? found : undefined;
  }

  idAt(position: number): string | undefined {
    const found = this.#get('select id from commits where position = ?', position)?.['id'];
    return found instanceof Uint8Array ? Buffer.from(found).toString('hex') : undefined;
  }

  /** The last commit, or what stands before the first; asked of the writer, so that it is right within its transaction. */
  last(more: { readonly platform?: boolean; readonly upTo?: number } = {}): LastCommit {
    const sql = `select position, id, time from commits where position <= ?${more.platform === true ? ' and platform = 1' : ''} order by position desc limit 1`;
    const row = this.#run(sql, more.upTo ?? Number.MAX_SAFE_INTEGER);
    if (row === undefined) return { position: -1, id: undefined, time: 0 };
    return { position: Number(row['position']), id: Buffer.from(row['id'] as Uint8Array).toString('hex'), time: Number(row['time']) };
  }

  /** The last commit that readers see. */
  newest(): { readonly position: number; readonly id: string } | undefined {
    const row = this.#get('select position, id from commits order by position desc limit 1');
    return row === undefined ? undefined : { position: Number(row['position']), id: Buffer.from(row['id'] as Uint8Array).toString('hex') };
  }

  /** Ids of the commits after a position, up to another. */
  idsBetween(after: number, upTo: number): string[] {
    const ids: string[] = [];
    for (let position = after + 1; position <= upTo; position += 1) ids.push(this.idAt(position) ?? '');
    return ids;
  }

  /** The last position that counts as made before the time (seconds), or at it. */
  lastUntil(time: number): number | undefined {
    const found = this.#get('select position from commits where time <= ? order by time desc, position desc limit 1', time)?.['position'];
    return typeof found === 'number' ? found : undefined;
  }

  timeAt(position: number): number | undefined {
    const found = this.#get('select time from commits where position = ?', position)?.['time'];
    return typeof found === 'number' ? found : undefined;
  }

  /**
   * Positions in [`least`, `most`] of commits that have all the keys, newest first. Each key leaps to the next position that it
   * has, so what is walked is about the rarest key's list.
   */
  find(texts: readonly string[], least: number, most: number, limit: number): number[] {
    const keys = texts.map((text) => this.#get('select key from keys where text = ?', text)?.['key']);
    const found: number[] = [];
    for (let at = most; found.length < limit; at -= 1) {
      const next = this.#leap(keys, at);
      if (next === undefined || next < least) break;
      found.push(next);
      at = next;
    }
    return found;
  }

  /** The highest position up to `most` that all keys have. */
  #leap(keys: readonly (SQLOutputValue | undefined)[], most: number): number | undefined {
    let at = most;
    for (let agreed = 0, turn = 0; agreed < keys.length; turn += 1) {
      const key = keys[turn % keys.length];
      if (typeof key !== 'number') return undefined;
      const next = this.#get('select position from postings where key = ? and position <= ? order by position desc limit 1', key, at)?.['position'];
      if (typeof next !== 'number') return undefined;
      agreed = next === at ? agreed + 1 : 1;
      at = next;
    }
    return at < 0 ? undefined : at;
  }

  /** Throws what `isBusy` tells when another process writes. */
  begin(): void {
    this.#writer.exec('begin immediate');
    // Another process may have given ids to keys, or another version may have made the file anew.
    this.#keys.clear();
  }

  commit(): void {
    this.#writer.exec('commit');
  }

  rollback(): void {
    if (this.#writer.isTransaction) this.#writer.exec('rollback');
  }

  /** Forgets the commits after a position. */
  truncate(position: number): void {
    this.#run('delete from postings where position > ?', position);
    this.#run('delete from commits where position > ?', position);
  }

  add({ position, id, time, platform }: StoredCommit): void {
    this.#run('insert into commits (position, id, time, platform) values (?, ?, ?, ?)', position, Buffer.from(id, 'hex'), time, platform ? 1 : 0);
  }

  addKey(text: string, position: number): void {
    this.#run('insert into postings (key, position) values (?, ?)', this.#keyOf(text), position);
  }

  /** Lowers the times of the commits after a position. Looked up by time: it is the last few, or none. */
  clampTimes(after: number, time: number): void {
    this.#run('update commits indexed by commits_by_time set time = ? where time > ? and position > ?', time, time, after);
  }

  /** Takes back that the platform made it. */
  disown(position: number): void {
    this.#run('update commits set platform = 0 where position = ?', position);
  }

  #keyOf(text: string): number {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = Number((this.#run('select key from keys where text = ?', text) ?? this.#run('insert into keys (text) values (?) returning key', text))?.['key']);
      this.#keys.set(text, key);
    }
    return key;
  }

  close(): void {
    this.#reader.close();
    this.rollback();
    this.#writer.close();
  }

  /** Closes it and removes the file. */
  discard(): void {
    this.close();
    removeStore(this.#path);
  }
}

export function removeStore(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}
