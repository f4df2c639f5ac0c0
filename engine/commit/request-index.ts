import type { Change } from '../change.ts';
import { logCommits, parseTrailers } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { signatureOf } from '../history/signatures.ts';

const remembered = 5_000;
/** Commits that name a request are few, unless somebody forges them. */
const atOnce = 16;

/** A commit that says that a request led to it. */
interface Claim {
  readonly commit: string;
  /** What shows whether the platform said it; `undefined`: it did. Looked at when it matters, because a start reads thousands. */
  readonly unproven: Pick<ParsedCommit, 'id' | 'signature'> | undefined;
}

/**
 * Which commit a request led to. A request is repeated when its id, its action and its tenant are the same: one request may
 * write several times (a rollback and its hold). The last 5,000 commits are known without asking git. Only commits that the
 * platform signed count: a pushed commit may say anything of itself.
 */
export class RequestIndex {
  readonly #directory: string;
  readonly #trusted: () => readonly string[];
  readonly #byRequest = new Map<string, Claim>();
  readonly #byWrite = new Map<string, Claim>();

  /** `trusted`: keys of the platform as of now, `ssh-ed25519 …`. */
  constructor(directory: string, trusted: () => readonly string[]) {
    this.#directory = directory;
    this.#trusted = trusted;
  }

  /** Forgets everything and reads what is on `main` now: after history was rewritten, a request may be undone. */
  async reload(objects: ObjectReader, head: string): Promise<void> {
    this.#byRequest.clear();
    this.#byWrite.clear();
    const ids = await logCommits(this.#directory, { from: head, limit: remembered });
    const commits = await Promise.all(ids.map((id) => objects.commit(id)));
    for (const commit of commits.reverse()) this.addCommit(commit);
  }

  addCommit(commit: ParsedCommit): void {
    const trailers = parseTrailers(commit.message);
    const request = trailers.get('Request-Id')?.[0];
    if (request === undefined || commit.signature === undefined) return;
    const claim = { commit: commit.id, unproven: { id: commit.id, signature: commit.signature } };
    this.#claim(claim, request, keyOf(request, trailers.get('Cameleer-Action')?.[0], trailers.get('Cameleer-Tenant')?.[0]));
  }

  add(change: Change, commit: string): void {
    this.#claim({ commit, unproven: undefined }, change.requestId, writeKey(change));
  }

  #claim(claim: Claim, request: string, write: string): void {
    for (const [map, key] of [[this.#byRequest, request], [this.#byWrite, write]] as const) {
      // The last one counts, so a later one that is forged must not take the place of the true one.
      if (map.has(key) && !this.#isTrue(claim)) continue;
      map.set(key, claim);
      const oldest = map.size > remembered * 2 ? map.keys().next().value : undefined;
      if (oldest !== undefined) map.delete(oldest);
    }
  }

  #isTrue({ unproven }: Claim): boolean {
    return unproven === undefined || signatureOf(unproven, this.#trusted()) === 'platform';
  }

  #proven(map: Map<string, Claim>, key: string): string | undefined {
    const claim = map.get(key);
    if (claim === undefined) return undefined;
    if (this.#isTrue(claim)) return claim.commit;
    map.delete(key);
    return undefined;
  }

  /** The commit of this very write, when it is among those remembered. */
  committed(change: Change): string | undefined {
    return this.#proven(this.#byWrite, writeKey(change));
  }

  /** The last commit that carries the request's id: among those remembered, or up to the head and not reached from `without`. */
  async find(requestId: string, { objects, head, without }: { readonly objects: ObjectReader; readonly head: string; readonly without: string | undefined }): Promise<string | undefined> {
    const known = this.#proven(this.#byRequest, requestId);
    if (known !== undefined || /[\r\n\0]/.test(requestId)) return known;
    let from: string | undefined = head;
    while (from !== undefined) {
      const ids: readonly string[] = await logCommits(this.#directory, { from, limit: atOnce, messageLine: `Request-Id: ${requestId}`, ...(without === undefined ? {} : { without }) });
      let last: ParsedCommit | undefined;
      for (const id of ids) {
        last = await objects.commit(id);
        if (this.#isTrue({ commit: id, unproven: last }) && parseTrailers(last.message).get('Request-Id')?.[0] === requestId) return id;
      }
      from = ids.length < atOnce ? undefined : last?.parents[0];
    }
    return undefined;
  }
}

export function writeKey(change: Change): string {
  return keyOf(change.requestId, change.action, change.tenant);
}

function keyOf(request: string, action: string | undefined, tenant: string | undefined): string {
  return `${request}\n${action ?? ''}\n${tenant ?? ''}`;
}
