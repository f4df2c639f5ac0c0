import { logCommits, parseTrailers } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Change } from '../types.ts';

const remembered = 5_000;

/**
 * Which commit a request led to. A request is repeated when its id, its action and its tenant are the same: one request may
 * write several times (a rollback and its hold). The last 5,000 commits are known without asking git.
 */
export class RequestIndex {
  readonly #directory: string;
  readonly #byRequest = new Map<string, string>();
  readonly #byWrite = new Map<string, string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  static async load(directory: string, objects: ObjectReader, head: string | undefined): Promise<RequestIndex> {
    const index = new RequestIndex(directory);
    if (head !== undefined) await index.reload(objects, head);
    return index;
  }

  /** Forgets everything and reads what is on `main` now: after history was rewritten, a request may be undone. */
  async reload(objects: ObjectReader, head: string): Promise<void> {
    this.#byRequest.clear();
    this.#byWrite.clear();
    const ids = await logCommits(this.#directory, { from: head, limit: remembered });
    const messages = await Promise.all(ids.map(async (id) => [id, (await objects.commit(id)).message] as const));
    for (const [id, message] of messages.reverse()) this.addMessage(id, message);
  }

  addMessage(commit: string, message: string): void {
    const trailers = parseTrailers(message);
    const request = trailers.get('Request-Id')?.[0];
    if (request !== undefined) this.#add(commit, request, keyOf(request, trailers.get('Cameleer-Action')?.[0], trailers.get('Cameleer-Tenant')?.[0]));
  }

  add(change: Change, commit: string): void {
    this.#add(commit, change.requestId, writeKey(change));
  }

  #add(commit: string, request: string, key: string): void {
    this.#byRequest.set(request, commit);
    this.#byWrite.set(key, commit);
    for (const map of [this.#byRequest, this.#byWrite]) {
      const oldest = map.size > remembered * 2 ? map.keys().next().value : undefined;
      if (oldest !== undefined) map.delete(oldest);
    }
  }

  /** The commit of this very write, when it is among those remembered. */
  committed(change: Change): string | undefined {
    return this.#byWrite.get(writeKey(change));
  }

  /** The last commit that carries the request's id, however old. */
  async find(requestId: string, head: string): Promise<string | undefined> {
    const known = this.#byRequest.get(requestId);
    if (known !== undefined || /[\r\n\0]/.test(requestId)) return known;
    const [found] = await logCommits(this.#directory, { from: head, limit: 1, messageLine: `Request-Id: ${requestId}` });
    return found;
  }
}

export function writeKey(change: Change): string {
  return keyOf(change.requestId, change.action, change.tenant);
}

function keyOf(request: string, action: string | undefined, tenant: string | undefined): string {
  return `${request}\n${action ?? ''}\n${tenant ?? ''}`;
}
