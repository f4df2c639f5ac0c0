import { parseTrailers, publicBytesOf, verifySsh } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import type { HistoryEntry } from './types.ts';

/** `platform` only when one of the trusted keys (`ssh-ed25519 …` lines) made a valid signature over this very commit. */
export function signatureOf({ signature }: Pick<ParsedCommit, 'signature'>, trusted: readonly string[]): HistoryEntry['signature'] {
  if (signature === undefined) return 'none';
  const signer = verifySsh(signature.payload, signature.armor);
  if (signer === undefined) return 'invalid';
  return trusted.some((line) => publicBytesOf(line)?.equals(signer) === true) ? 'platform' : 'invalid';
}

/**
 * What the platform says of a commit: its trailers when its signature is the platform's, else none. Whoever pushes a commit can
 * write any trailer into it, or take over those of one that the platform made.
 */
export function wordsOf({ message }: Pick<ParsedCommit, 'message'>, signature: HistoryEntry['signature']): HistoryEntry['trailers'] {
  return signature === 'platform' ? parseTrailers(message) : new Map();
}
