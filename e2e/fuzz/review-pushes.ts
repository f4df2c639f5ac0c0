import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordSessions, type WireRequest } from '../../api/testing/fuzz-git.ts';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import type { FuzzedPlane } from './plane.ts';

const path = 'tenants/ac/acme/settings.yaml';
const branches = 'refs/heads/requests/';

/** A push for review that is as it should be, and what must come of it whenever it is told that it was taken. */
export class ReviewPushes {
  /** As stock git sends it. */
  readonly request: WireRequest;
  readonly #plane: FuzzedPlane;
  /** The file that it changes, as it makes it. */
  readonly #blob: string;

  private constructor(plane: FuzzedPlane, request: WireRequest, blob: string) {
    this.#plane = plane;
    this.request = request;
    this.#blob = blob;
  }

  static async record(plane: FuzzedPlane, folder: string): Promise<ReviewPushes> {
    mkdirSync(folder, { recursive: true });
    const clone = join(folder, 'clone');
    const header = ['-c', `http.extraHeader=Authorization: Bearer ${plane.served.operator}`];
    const recorded = await recordSessions(plane.served.server.url, async (url) => {
      await demand(folder, [...header, 'clone', '--quiet', `${url}/git/state.git`, clone]);
      const file = join(clone, path);
      writeFileSync(file, readFileSync(file, 'utf8').replace(/displayName: .*/, 'displayName: Acme for review'));
      await demand(clone, ['commit', '--quiet', '-am', 'Name acme anew']);
      await demand(clone, [...header, 'push', '--quiet', 'origin', 'HEAD:refs/for/main']);
    });
    const request = recorded.find(({ method, path: asked }) => method === 'POST' && asked.endsWith('/git-receive-pack'));
    if (request === undefined) throw new TypeError('git has pushed nothing.');
    const pushes = new ReviewPushes(plane, request, execFileSync('git', ['-C', clone, 'rev-parse', `HEAD:${path}`], { encoding: 'utf8' }).trim());
    for (const name of plane.refs().keys()) if (name.startsWith(branches)) await pushes.#close(name.slice(branches.length));
    return pushes;
  }

  /**
   * What is wrong with a request that a push was told of, by the refs before and after: one branch is new, it has the number that
   * the answer names, and changes the file that was pushed and nothing else. Closes it.
   */
  async judge(answer: Buffer, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Promise<string | undefined> {
    const made = [...after.keys()].filter((name) => before.get(name) !== after.get(name));
    const [branch = ''] = made;
    if (made.length !== 1 || !branch.startsWith(branches)) return `A push for review has moved ${made.join(', ')}.`;
    const number = branch.slice(branches.length);
    const named = /Change request (\d+):/.exec(answer.toString('latin1'))?.[1];
    if (named !== number) return `Told of change request ${named ?? 'none'}, and ${branch} was made.`;
    const changed = this.#plane.git(['diff-tree', '-r', '--no-commit-id', 'refs/heads/main', branch]).trim();
    const wrong = new RegExp(`^:\\d+ \\d+ [0-9a-f]+ ${this.#blob} M\\t${path}$`).test(changed) ? undefined : `${branch} changes something else: ${changed}`;
    await this.#close(number);
    return wrong;
  }

  async #close(number: string): Promise<void> {
    const address = `/api/v1/change-requests/${number}`;
    const { served } = this.#plane;
    const { etag } = (await served.ask('GET', address)).body as { etag?: string };
    const { status } = await served.ask('PATCH', address, { json: { status: 'closed' }, headers: { 'if-match': `"${etag ?? ''}"` } });
    if (status !== 200) throw new TypeError(`Change request ${number} was not closed: ${status}`);
  }
}

async function demand(directory: string, args: readonly string[]): Promise<void> {
  const { status, err } = await runStockGit(directory, args);
  if (status !== 0) throw new TypeError(`git ended with ${status}: ${err}`);
}
