import { createHash } from 'node:crypto';
import type { Row } from '../ledger.ts';

/** Chain of events that concern no tenant. */
export const platformChain = '_platform';

/**
 * - `intended`, then `done` or `failed`: a change that also touches Git; the pair tells what a crash left open.
 * - `noted`: an event that is whole in itself, such as a secret that was revealed.
 */
export type AuditPhase = 'intended' | 'done' | 'failed' | 'noted';

/** Holds opaque ids only: what is hashed can't be erased. */
export interface AuditEntry {
  /** Tenant, or `platformChain`. */
  readonly chain: string;
  readonly requestId: string;
  readonly phase: AuditPhase;
  /** Dotted verb, such as `app.deploy`. */
  readonly action: string;
  /** `usr_…`, `<tenant>/<service account>` or `platform`. */
  readonly actor: string;
  readonly door: string;
  readonly environment?: string;
  readonly application?: string;
  /** Path or id of what it was about. */
  readonly resource?: string;
  /** Commit that carries the change. */
  readonly commit?: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** The database's time, RFC 3339 with milliseconds; never before the previous event's. */
  readonly at: string;
  /** SHA-256 over the previous hash and the canonical event, hex. */
  readonly hash: string;
}

export interface AuditRow extends Row {
  readonly event: string;
  readonly hash: string;
}

export function auditRecordOf({ event, hash }: AuditRow): AuditRecord {
  return { ...(JSON.parse(event) as Omit<AuditRecord, 'hash'>), hash };
}

export function auditHash(previous: string, event: string): string {
  return createHash('sha256').update(previous).update(event).digest('hex');
}
