/** Where text goes; `columns` is absent when it is not a terminal. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns?: number;
}

/** Everything that a verb may use of the process, so that tests can pass their own. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  now(): Date;
  /** A new unguessable id, for `Idempotency-Key`. */
  newId(): string;
  /** Resolves after the milliseconds, or at once when `signal` is aborted. */
  sleep(milliseconds: number): Promise<void>;
}
