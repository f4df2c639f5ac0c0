import { MAX_FILE_BYTES } from '../../schemas/index.ts';
import { entryAt, publicBytesOf, publicLine, signerOf } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { readValue } from '../plan/read-value.ts';

export type SignedBy = 'trusted' | 'retired' | 'unknown' | 'invalid' | 'elsewhere' | 'nobody';

/** How a commit's signature stands with the keys that are trusted at it. */
export interface SignatureVerdict {
  readonly by: SignedBy;
  /** `ssh-ed25519 AAAA…` of a valid signature. */
  readonly key?: string;
}

/** What a commit did to the list of keys; it `counts` when a trusted key signed it. */
export interface TrustChange {
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  readonly counts: boolean;
}

/**
 * The keys that are trusted at a commit of `main`. It begins with the keys that the verifier brings from outside the repository.
 * From there the list `spec.trust.state` of platform.yaml is a chain: a change of it counts when a key signed it that was
 * trusted before it; keys that it adds are trusted from the next commit on, keys that it drops no longer.
 */
export class Trust {
  readonly #trusted: Set<string>;
  readonly #retired = new Set<string>();
  /** Also those that the newest commit dropped: its renderings were signed before anybody read it. */
  #before: ReadonlySet<string>;

  constructor(roots: readonly Buffer[]) {
    this.#trusted = new Set(roots.map(publicLine));
    this.#before = new Set(this.#trusted);
  }

  judge(commit: ParsedCommit): SignatureVerdict {
    return this.#judge(commit, this.#trusted);
  }

  /** Of a commit that was rendered from the newest commit of `main`. */
  judgeRendered(commit: ParsedCommit): SignatureVerdict {
    return this.#judge(commit, new Set([...this.#trusted, ...this.#before]));
  }

  #judge(commit: ParsedCommit, trusted: ReadonlySet<string>): SignatureVerdict {
    if (commit.signature === undefined) return { by: 'nobody' };
    const signer = signerOf(commit);
    if (signer === undefined) return { by: isSshEd25519(commit.signature.armor) ? 'invalid' : 'elsewhere' };
    const key = publicLine(signer);
    if (trusted.has(key)) return { by: 'trusted', key };
    return { by: this.#retired.has(key) ? 'retired' : 'unknown', key };
  }

  /**
   * Goes on from a commit: takes over what it does to the list, when it may. Answers with what it added and dropped, when it
   * did something.
   */
  follow(lists: { readonly before: readonly string[]; readonly after: readonly string[] }, verdict: SignatureVerdict): TrustChange | undefined {
    this.#before = new Set(this.#trusted);
    const added = lists.after.filter((key) => !lists.before.includes(key));
    const dropped = lists.before.filter((key) => !lists.after.includes(key));
    if (added.length + dropped.length === 0) return undefined;
    const counts = verdict.by === 'trusted';
    if (counts) this.#change(added, dropped);
    return { added, dropped, counts };
  }

  #change(added: readonly string[], dropped: readonly string[]): void {
    for (const key of dropped) {
      this.#trusted.delete(key);
      this.#retired.add(key);
    }
    for (const key of added) {
      this.#trusted.add(key);
      this.#retired.delete(key);
    }
  }
}

/** `-----BEGIN SSH SIGNATURE-----` around a key of the kind that the platform uses. */
function isSshEd25519(armor: string): boolean {
  return armor.includes('SSH SIGNATURE') && Buffer.from(armor.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64').includes('ssh-ed25519');
}

/** The keys of `spec.trust.state`, as lines without comments; none when platform.yaml can not be read. */
export class TrustLists {
  readonly #objects: ObjectReader;
  #known: { readonly oid: string | undefined; readonly keys: readonly string[] } = { oid: undefined, keys: [] };

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  async at(root: string): Promise<readonly string[]> {
    const oid = (await entryAt(this.#objects, root, 'platform.yaml'))?.oid;
    if (oid !== this.#known.oid) this.#known = { oid, keys: oid === undefined ? [] : keysIn((await this.#objects.blob(oid, MAX_FILE_BYTES)).content?.toString('utf8')) };
    return this.#known.keys;
  }
}

function keysIn(text: string | undefined): readonly string[] {
  const value = readValue(text) as { spec?: { trust?: { state?: unknown } } } | undefined;
  const list = value?.spec?.trust?.state;
  return Array.isArray(list) ? list.flatMap((line) => (typeof line === 'string' ? (publicBytesOf(line) ?? []) : [])).map((bytes) => publicLine(bytes)) : [];
}
