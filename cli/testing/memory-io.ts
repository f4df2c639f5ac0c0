import { tmpdir } from 'node:os';
import type { Io } from '../io.ts';

export interface MemoryIo {
  readonly io: Io;
  out(): string;
  err(): string;
}

export interface MemoryOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
}

/** An `Io` that keeps what is written; its clock stands still, its sleeps take no time. */
export function memoryIo(options: MemoryOptions = {}): MemoryIo {
  const written = { out: '', err: '' };
  const { isTTY = false } = options;
  let ids = 0;
  const io: Io = {
    stdin: { async *[Symbol.asyncIterator]() { yield options.stdin ?? ''; } },
    stdout: { write: (text) => { written.out += text; }, isTTY },
    stderr: { write: (text) => { written.err += text; }, isTTY },
    env: { HOME: '/nonexistent', CAMELEER_DATA: '/nonexistent', ...options.env },
    cwd: options.cwd ?? tmpdir(),
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? (() => new Date('2026-01-02T03:04:05Z')),
    newId: () => `id-${(ids += 1)}`,
    sleep: () => Promise.resolve(),
  };
  return { io, out: () => written.out, err: () => written.err };
}
