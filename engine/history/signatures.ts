import { Lru, parseTrailers, publicBytesOf, signerOf } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import type { HistoryEntry } from './types.ts';

type Signature = HistoryEntry['signature'];

/** Who signed the commits that were looked at lately: the index, whoever follows `main` and whoever reads ask about the same. */
const signers = new Lru<string, { readonly key: Buffer | undefined }>(8_192);

/** For who has just made the signature. */
export function rememberSigner(commit: string, key: Buffer): void {
  signers.set(commit, { key });
}

/** `platform` only when one of the trusted keys (`ssh-ed25519 …` lines) made a valid signature over this very commit. */
export function signatureOf(commit: Pick<ParsedCommit, 'id' | 'signature'>, trusted: readonly string[]): Signature {
  if (commit.signature === undefined) return 'none';
  let signer = signers.get(commit.id);
  if (signer === undefined) {
    signer = { key: signerOf(commit) };
    signers.set(commit.id, signer);
  }
  const { key } = signer;
  return key !== undefined && trusted.some((line) => publicBytesOf(line)?.equals(key) === true) ? 'platform' : 'invalid';
}

/**
 * What the platform says of a commit: its trailers when its signature is the platform's, else none. Whoever pushes a commit can
 * write any trailer into it, or take over those of one that the platform made.
 */
export function wordsOf({ message }: Pick<ParsedCommit, 'message'>, signature: Signature): HistoryEntry['trailers'] {
  return signature === 'platform' ? parseTrailers(message) : new Map();
}
