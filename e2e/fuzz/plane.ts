import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve, type Served } from '../../api/testing/serve.ts';
import { sendWire, type WireReply, type WireRequest } from '../../api/testing/fuzz-git.ts';
import { hasErrors, validateState, type RawFile } from '../../schemas/index.ts';
import { rawFile } from '../../schemas/testing/example-state.ts';
import type { Outcome } from './target.ts';

/** A control plane that serves in this process, and what is asked of it after each case. */
export class FuzzedPlane {
  readonly served: Served;
  readonly #start: string;
  readonly #cells: ReadonlyMap<string, string>;

  constructor(served: Served) {
    this.served = served;
    this.#start = this.head;
    this.#cells = served.plane.stores.engine.head().cells;
  }

  static async open(): Promise<FuzzedPlane> {
    return new FuzzedPlane(await serve());
  }

  get head(): string {
    return this.served.plane.stores.engine.head().commit;
  }

  /** `main` as the repository has it. */
  main(): string {
    const file = join(this.served.plane.stores.stateRepository, 'refs/heads/main');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : this.git(['rev-parse', 'refs/heads/main']).trim();
  }

  /** Sends, and judges the answer: never a 5xx, always a code when refused, nothing written unless it is taken. */
  async play(request: WireRequest): Promise<Outcome> {
    const reply = await this.send(request);
    if (reply === undefined) return { answer: 'none', fault: 'The connection ended without an answer.' };
    // Node's own client does not send it.
    if (reply.status === 0) return { answer: 'unsendable' };
    const code = codeOf(reply);
    const answer = `${reply.status} ${code}`.trim();
    const moved = this.main() !== this.#start || this.head !== this.#start;
    if (reply.status < 400) return this.#judgeDone(answer, request, moved);
    // The cases after it begin where this one began.
    if (moved) await this.restore();
    if (reply.status >= 500) return { answer, fault: reply.body.toString('utf8', 0, 2000) };
    if (code === '' && request.method !== 'HEAD') return { answer, fault: `Refused without a code: ${reply.body.toString('utf8', 0, 500)}` };
    return moved ? { answer, fault: 'Refused, and written all the same.' } : { answer };
  }

  async #judgeDone(answer: string, request: WireRequest, moved: boolean): Promise<Outcome> {
    if (!moved) return { answer };
    const wrong = await this.judgeTaken();
    const fault = request.method === 'GET' || request.path.includes('dryRun=true') ? 'Nothing was to be written.' : wrong;
    return fault === undefined ? { answer } : { answer, fault };
  }

  send(request: WireRequest): Promise<WireReply | undefined> {
    return sendWire(this.served.server.url, request);
  }

  git(args: readonly string[]): string {
    return execFileSync('git', ['-C', this.served.plane.stores.stateRepository, ...args], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Ref → its object, of all refs of the state. */
  refs(): ReadonlyMap<string, string> {
    return new Map(this.git(['for-each-ref', '--format=%(objectname) %(refname)']).split('\n').filter((line) => line !== '').map((line) => [line.slice(41), line.slice(0, 40)]));
  }

  /** What is wrong with a change that was taken: the rules, and nothing may be quarantined. Takes `main` back after that. */
  async judgeTaken(): Promise<string | undefined> {
    const { engine } = this.served.plane.stores;
    const problems = validateState(this.#files());
    const quarantined = [...engine.head().quarantines.keys()];
    await this.restore();
    if (hasErrors(problems)) return `Taken, though it is invalid: ${JSON.stringify(problems.find(({ severity }) => severity === 'error'))}`;
    return quarantined.length > 0 ? `Taken, and quarantined: ${quarantined.join(', ')}` : undefined;
  }

  /** By hand, as an operator would. */
  async restore(): Promise<void> {
    const taken = this.main();
    this.git(['update-ref', 'refs/heads/main', this.#start]);
    await this.served.plane.stores.engine.look();
    // Thousands of branches that were taken back would be another test.
    this.git(['update-ref', '-d', `refs/cameleer/rewritten/${taken}`]);
  }

  /** After all cases. */
  inspect(): readonly string[] {
    const { engine } = this.served.plane.stores;
    const faults: string[] = [];
    if (this.main() !== this.#start || this.head !== this.#start) faults.push(`main is at ${this.main()} and the head at ${this.head}; both were at ${this.#start}`);
    if (engine.head().quarantines.size > 0) faults.push(`quarantined: ${[...engine.head().quarantines.keys()].join(', ')}`);
    for (const [cell, commit] of this.#cells) {
      const tree = (of: string) => this.git(['rev-parse', `${of}^{tree}`]);
      if (tree(engine.head().cells.get(cell) ?? '') !== tree(commit)) faults.push(`cells/${cell} does not hold what it held`);
    }
    try {
      this.git(['fsck', '--strict', '--no-dangling', '--no-progress']);
    } catch (error) {
      faults.push(`git fsck --strict: ${String((error as { stderr?: string }).stderr)}`);
    }
    return faults;
  }

  close(): Promise<void> {
    return this.served.close();
  }

  #files(): readonly RawFile[] {
    const paths = this.git(['ls-tree', '-r', '-z', '--name-only', 'main']).split('\0').filter((path) => path !== '');
    const input = paths.map((path) => `main:${path}\n`).join('');
    const out = execFileSync('git', ['-C', this.served.plane.stores.stateRepository, 'cat-file', '--batch'], { input, maxBuffer: 1 << 28 });
    let at = 0;
    return paths.map((path) => {
      const end = out.indexOf('\n', at);
      const size = Number(out.toString('utf8', at, end).split(' ')[2]);
      at = end + 1 + size + 1;
      return rawFile(path, out.subarray(end + 1, end + 1 + size));
    });
  }
}

function codeOf({ status, body }: WireReply): string {
  if (status < 400) return '';
  try {
    const { code } = JSON.parse(body.toString()) as { code?: unknown };
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}
