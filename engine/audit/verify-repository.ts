import { GitError, isUnreadable, ObjectStore, parseTrailers } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { committer } from '../commit/message.ts';
import { PlanCrew } from '../plan/plan-crew.ts';
import { TenantLoader } from '../state/read-state.ts';
import { ApprovalCheck } from './check-approvals.ts';
import type { RefusalUnder } from './check-approvals.ts';
import { CellCheck } from './check-cells.ts';
import { checkMainCommit } from './check-main.ts';
import { ahead, chainOf, headsOf, isShallow } from './clone.ts';
import { finding } from './finding.ts';
import type { Finding, FindingCode } from './finding.ts';
import { Trust, TrustLists } from './trust.ts';
import type { TrustChange } from './trust.ts';

/** Heads that an earlier verification saw, kept outside the repository. */
export interface Anchor {
  readonly main: string;
  readonly cells: Readonly<Record<string, string>>;
}

export interface VerifyOptions {
  /** A Git directory: a bare repository, or `.git` of a clone. Nothing is written to it. */
  readonly directory: string;
  /** Public keys, 32 bytes each, that the verifier brings: the roots of trust. */
  readonly keys: readonly Buffer[];
  readonly anchor?: Anchor | undefined;
  /** Decides who may approve, as for every request. */
  readonly refusalUnder: RefusalUnder;
  /** Told how far the walk along `main` has come. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Verification {
  /** No error was found. */
  readonly ok: boolean;
  /** Absent when there is nothing to go on from. */
  readonly anchor?: Anchor;
  readonly counts: {
    readonly commits: number;
    /** Signed by a key of the platform that was trusted then. */
    readonly signed: number;
    /** Commits of cells that are what their sources render to; and those of other versions of synth. */
    readonly rendered: number;
    readonly notCheckable: number;
    /** Commits with approvals. */
    readonly approved: number;
  };
  /** Authors of commits that the platform did not make, as they call themselves, with how many. */
  readonly pushed: readonly { readonly author: string; readonly commits: number }[];
  readonly findings: readonly Finding[];
}

/** What is found very often is told once, with how often. */
const toldEach = 100;

/**
 * Verifies a state repository from its objects and the public keys alone: signatures and the chain of keys, that each commit of
 * a cell is the synthesis of its source, that no branch was rewound, that approvals fit what was done.
 */
export async function verifyRepository(options: VerifyOptions): Promise<Verification> {
  const objects = new ObjectStore(options.directory, {}, { verified: true });
  const verifier = new Verifier(options, objects);
  try {
    await verifier.run();
  } catch (error) {
    if (!isUnreadable(error) && !(error instanceof GitError && error.code === 'git_failed')) throw error;
    verifier.report([finding('object_missing', { ref: 'main' }, error.message)]);
  } finally {
    objects.close();
  }
  return verifier.result();
}

class Verifier {
  readonly #options: VerifyOptions;
  readonly #objects: ObjectStore;
  readonly #findings: Finding[] = [];
  readonly #told = new Map<FindingCode, number>();
  readonly #pushed = new Map<string, number>();
  readonly #counts = { commits: 0, signed: 0, rendered: 0, notCheckable: 0, approved: 0 };
  #anchor: Anchor | undefined;

  constructor(options: VerifyOptions, objects: ObjectStore) {
    this.#options = options;
    this.#objects = objects;
  }

  report(findings: readonly Finding[]): void {
    for (const each of findings) {
      const times = (this.#told.get(each.code) ?? 0) + 1;
      this.#told.set(each.code, times);
      if (times <= toldEach) this.#findings.push(each);
    }
  }

  result(): Verification {
    const more = [...this.#told].filter(([, times]) => times > toldEach).map(([code, times]) => finding(code, { ref: 'main' }, `${times} times in all; the first ${toldEach} are listed.`));
    const findings = [...this.#findings, ...more];
    const ok = findings.every(({ severity }) => severity !== 'error');
    const pushed = [...this.#pushed].map(([author, commits]) => ({ author, commits })).sort((a, b) => b.commits - a.commits);
    return { ok, ...(this.#anchor === undefined ? {} : { anchor: this.#anchor }), counts: this.#counts, pushed, findings };
  }

  async run(): Promise<void> {
    const { directory, anchor } = this.#options;
    const { main, cells } = await headsOf(directory);
    if (isShallow(directory)) return this.report([finding('shallow', { ref: 'main' })]);
    if (main === undefined) return this.report([finding('no_main', { ref: 'main' })]);
    this.#anchor = { main, cells: Object.fromEntries(cells) };
    const chain = await chainOf(directory, main);
    const positions = new Map(chain.map((id, position) => [id, position]));
    const loader = new TenantLoader(this.#objects);
    const check = new CellCheck(this.#objects, loader, positions);
    if (anchor !== undefined && !positions.has(anchor.main)) this.report([finding('main_rewound', { ref: 'main', commit: anchor.main })]);
    for (const [cell, head] of [...cells].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const ids = await chainOf(directory, head);
      this.report(await check.add(cell, ids));
      this.#compareAnchor(cell, ids);
    }
    for (const cell of Object.keys(anchor?.cells ?? {})) if (!cells.has(cell)) this.report([finding('cell_rewound', { ref: `cells/${cell}` }, 'The branch is gone.')]);
    await this.#walk(chain, check, new ApprovalCheck({ objects: this.#objects, loader, crew: new PlanCrew(directory), refusalUnder: this.#options.refusalUnder }));
  }

  #compareAnchor(cell: string, ids: readonly string[]): void {
    const seen = this.#options.anchor?.cells[cell];
    if (seen !== undefined && !ids.includes(seen)) this.report([finding('cell_rewound', { ref: `cells/${cell}`, commit: seen })]);
  }

  async #walk(chain: readonly string[], check: CellCheck, approvals: ApprovalCheck): Promise<void> {
    const trust = new Trust(this.#options.keys);
    const lists = new TrustLists(this.#objects);
    let trusted: readonly string[] = [];
    let parent: string | undefined;
    for await (const commit of ahead(chain, (id) => this.#objects.commit(id))) {
      const verdict = trust.judge(commit);
      if (commit.parents[0] !== parent) this.report([finding('parent_differs', { ref: 'main', commit: commit.id })]);
      parent = commit.id;
      this.report(checkMainCommit(commit, verdict));
      this.#count(commit, verdict.by === 'trusted');
      const after = await lists.at(commit.tree);
      const change = trust.follow({ before: trusted, after }, verdict);
      // The first list is what the state began with, no change.
      if (change !== undefined && this.#counts.commits > 1) this.report([trustFinding(commit, change)]);
      trusted = after;
      const { quarantines } = check;
      this.report(await check.follow(commit, trust));
      this.report(await approvals.follow(commit, { signed: verdict.by === 'trusted', quarantines, synthVersion: check.synthVersion }));
      this.#options.onProgress?.(this.#counts.commits, chain.length);
    }
    this.report(await check.end());
    this.#counts.rendered = check.checked;
    this.#counts.notCheckable = check.unchecked;
    if (check.unchecked > 0) this.report([finding('not_checkable', { ref: 'cells' }, `${check.unchecked} commits.`)]);
  }

  #count(commit: ParsedCommit, signed: boolean): void {
    this.#counts.commits += 1;
    if (signed) this.#counts.signed += 1;
    if (signed && parseTrailers(commit.message).has('Approved-By')) this.#counts.approved += 1;
    if (commit.committer.email === committer.email) return;
    const author = `${commit.author.name} <${commit.author.email}>`;
    this.#pushed.set(author, (this.#pushed.get(author) ?? 0) + 1);
  }
}

function trustFinding({ id }: ParsedCommit, { added, dropped, counts }: TrustChange): Finding {
  const particulars = [...added.map((key) => `Added: ${key}.`), ...dropped.map((key) => `Dropped: ${key}.`)].join(' ');
  return finding(counts ? 'key_rotated' : 'trust_unsigned', { ref: 'main', commit: id }, particulars);
}
