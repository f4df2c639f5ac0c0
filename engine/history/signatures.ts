import { publicBytesOf, verifySsh } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import type { HistoryEntry } from '../types.ts';

/** `platform` only when one of the trusted keys (`ssh-ed25519 …` lines) made a valid signature over this very commit. */
export function signatureOf(commit: ParsedCommit, trusted: readonly string[]): HistoryEntry['signature'] {
  if (commit.signature === undefined) return 'none';
  const signer = verifySsh(commit.signature.payload, commit.signature.armor);
  if (signer === undefined) return 'invalid';
  return trusted.some((line) => publicBytesOf(line)?.equals(signer) === true) ? 'platform' : 'invalid';
}
