import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../driver.ts';
import { dropPartialLine, lastRawOffset } from './read-log-file.ts';

export interface PodLogOptions {
  readonly folder: string;
  readonly pod: string;
  readonly now: () => Date;
  /** Bytes after which a file is rotated; two are kept. */
  readonly maxBytes: number;
  readonly onLine: (line: LogLine) => void;
}

const MAX_LINE = 64 * 1024;
/** Shared by all logs: reading is synchronous, and what is read is copied at once. */
const chunk = Buffer.allocUnsafe(256 * 1024);

/**
 * The log of one pod. The process itself writes to `raw`, so nothing is lost while no control plane runs. `drain` copies
 * what is new to `log`, each line as `<time> <end of the line in raw> <text>`: the last line says where to read on.
 *
 * A line's time is when the control plane first read it: at most one poll after it was written; for lines written while
 * no control plane ran, the time at which the next one read them.
 *
 * `raw` is emptied when it has grown past `maxBytes` and is read to its end; a line written within the microseconds
 * between those two steps is lost. While no control plane runs, `raw` is not bounded.
 */
export class PodLog {
  readonly #options: PodLogOptions;
  readonly #raw: number;
  #log: number;
  #logSize: number;
  #offset: number;
  #pending: Buffer = Buffer.alloc(0);
  #last: string[] = [];

  constructor(options: PodLogOptions) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#raw = openSync(join(options.folder, 'raw'), 'a+', 0o600);
    this.#offset = lastRawOffset(options.folder);
    if (this.#offset > fstatSync(this.#raw).size) this.#offset = 0;
    dropPartialLine(this.#path);
    this.#log = openSync(this.#path, 'a', 0o600);
    this.#logSize = fstatSync(this.#log).size;
  }

  /** File descriptor for the process's stdout and stderr; opened for append. */
  get descriptor(): number {
    return this.#raw;
  }

  /** The end of what has been read: at most 10 lines and 1,000 characters. */
  get lastText(): string {
    return this.#last.join('\n').slice(-1000);
  }

  /** Copies what the process has written since. With `final` also a last line without an end. */
  drain(final = false): void {
    for (;;) {
      const count = readSync(this.#raw, chunk, 0, chunk.length, this.#offset + this.#pending.length);
      if (count === 0) break;
      this.#take(Buffer.concat([this.#pending, chunk.subarray(0, count)]));
    }
    if (final && this.#pending.length > 0) {
      this.#append([this.#pending], [this.#offset + this.#pending.length]);
      this.#offset += this.#pending.length;
      this.#pending = Buffer.alloc(0);
    }
    if (this.#offset > this.#options.maxBytes && this.#pending.length === 0) {
      ftruncateSync(this.#raw, 0);
      this.#offset = 0;
    }
  }

  close(): void {
    closeSync(this.#raw);
    closeSync(this.#log);
  }

  #take(bytes: Buffer): void {
    const lines: Buffer[] = [];
    const ends: number[] = [];
    let start = 0;
    for (;;) {
      const newline = bytes.indexOf(10, start);
      const end = newline >= 0 && newline - start <= MAX_LINE ? newline + 1 : start + MAX_LINE;
      if (newline < 0 && bytes.length - start < MAX_LINE) break;
      lines.push(bytes.subarray(start, end));
      ends.push(this.#offset + end);
      start = end;
    }
    this.#append(lines, ends);
    this.#offset += start;
    this.#pending = Buffer.from(bytes.subarray(start));
  }

  #append(lines: readonly Buffer[], ends: readonly number[]): void {
    if (lines.length === 0) return;
    const time = this.#options.now().toISOString();
    const texts = lines.map((line) => line.toString('utf8').replace(/\r?\n$/, ''));
    const out = Buffer.from(texts.map((text, index) => `${time} ${ends[index]} ${text}\n`).join(''));
    writeSync(this.#log, out);
    this.#logSize += out.length;
    if (this.#logSize > this.#options.maxBytes) this.#rotate();
    this.#last = [...this.#last, ...texts].slice(-10);
    for (const text of texts) this.#options.onLine({ pod: this.#options.pod, time, text });
  }

  #rotate(): void {
    closeSync(this.#log);
    renameSync(this.#path, `${this.#path}.1`);
    this.#log = openSync(this.#path, 'a', 0o600);
    this.#logSize = 0;
  }

  get #path(): string {
    return join(this.#options.folder, 'log');
  }
}

