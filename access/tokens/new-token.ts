import { createHash } from 'node:crypto';

/** Gives that many random bytes; `randomBytes` of node:crypto in production. */
export type Random = (bytes: number) => Uint8Array;

export interface NewToken {
  /** Shown once. `cml_` lets secret scanners find a leaked one. */
  readonly token: string;
  /** What the ledger keeps. */
  readonly hash: string;
}

/** An opaque API token with 256 random bits, so that a plain SHA-256 is enough to store it safely. */
export function newToken(random: Random): NewToken {
  const token = `cml_${Buffer.from(random(32)).toString('base64url')}`;
  return { token, hash: hashToken(token) };
}

/** SHA-256 of the token, 64 hex digits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
