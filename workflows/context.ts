import type { ClusterDriver } from '../cluster/driver.ts';
import type { Engine } from '../engine/index.ts';
import type { Registry } from '../images/registry.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Keys } from './keys.ts';

/** What the product logs with; pino fits. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** The stores and drivers that a workflow may span, and the world that is passed in. */
export interface Stores {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly keys: Keys;
  /** Where they are. */
  readonly keysFolder: string;
  /** The driver of a cell that this process runs or watches; `undefined` for all others. */
  driver(cell: string): ClusterDriver | undefined;
  /** Last error of applying a cell, with the rendered commit it concerns. */
  applyFailure(cell: string): { readonly commit: string; readonly message: string; readonly since: string } | undefined;
  /** Path of the bare state repository. */
  readonly stateRepository: string;
  /** Other processes may use the same ledger and state. */
  readonly shared?: boolean;
  /** What signs the webhooks of the Git host that holds the state. */
  readonly hookSecret?: string;
  /** Folder for uploads in progress. */
  readonly uploads: string;
  readonly logger: Logger;
  now(): Date;
  random(bytes: number): Uint8Array;
}
