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
import { readContents } from './read-contents.ts';
import { takenAsGiven } from './since.ts';
import type { Since } from './since.ts';
import { Trust, TrustLists } from './trust.ts';
import type { SignatureVerdict, TrustChange } from './trust.ts';

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
  /** Default: the whole history. The chains of commits and of keys are followed from the first commit in any case. */
  readonly since?: Since | undefined;
  /** Decides who may approve, as for every request. */
  readonly refusalUnder: RefusalUnder;
  /** Told how far the walk along `main` has come. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Verification {
  /** No error was found. */
  readonly ok: boolean;
  /** That, and nothing of what was to be checked is left unproved. */
  readonly proved: boolean;
  /** What was checked, in commits of `main`; absent when there is nothing to go on from. */
  readonly range?: {
    /** The last commit that is taken as given, but for what the cells show there; absent: none is. */
    readonly after?: string;
    readonly head: string;
    /** How many are taken as given. */
    readonly given: number;
  };
  /** Absent when there is nothing to go on from. */
  readonly anchor?: Anchor;
  readonly counts: {
    /** Of the range, like what follows. */
    readonly commits: number;
    /** Signed by a key of the platform that was trusted then. */
    readonly signed: number;
    /** Commits of cells that are what their sources render to. */
    readonly rendered: number;
    /** Commits of cells, and plans that somebody agreed to, that were not compared: another version of synth made them. */
    readonly unproved: number;
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

const unasked: SignatureVerdict = { by: 'nobody' };

interface Walking {
  readonly trust: Trust;
  readonly verdict: SignatureVerdict;
  readonly check: CellCheck;
  readonly approvals: ApprovalCheck;
}

class Verifier {
  readonly #options: VerifyOptions;
  readonly #objects: ObjectStore;
  readonly #findings: Finding[] = [];
  readonly #told = new Map<FindingCode, number>();
  readonly #pushed = new Map<string, number>();
  readonly #counts = { commits: 0, signed: 0, rendered: 0, unproved: 0, approved: 0 };
  #anchor: Anchor | undefined;
  #range: Verification['range'];

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
    const { unproved } = this.#counts;
    return { ok, proved: ok && unproved === 0, ...(this.#range && { range: this.#range }), ...(this.#anchor && { anchor: this.#anchor }), counts: this.#counts, pushed, findings };
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
    const given = await takenAsGiven(chain, this.#options.since, (id) => this.#objects.commit(id));
    const after = chain[given - 1];
    this.#range = { ...(after === undefined ? {} : { after }), head: main, given };
    const check = new CellCheck(this.#objects, loader, positions);
    if (anchor !== undefined && !positions.has(anchor.main)) this.report([finding('main_rewound', { ref: 'main', commit: anchor.main })]);
    for (const [cell, head] of [...cells].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const ids = await chainOf(directory, head);
      this.report(await check.add(cell, ids));
      this.#compareAnchor(cell, ids);
    }
    for (const cell of Object.keys(anchor?.cells ?? {})) if (!cells.has(cell)) this.report([finding('cell_rewound', { ref: `cells/${cell}` }, 'The branch is gone.')]);
    const crew = new PlanCrew(directory, { verified: true });
    await this.#walk({ chain, given }, check, new ApprovalCheck({ objects: this.#objects, loader, crew, refusalUnder: this.#options.refusalUnder }));
    // Of main every file was read on the way; what cells show was compared by the ids of its folders.
    for (const [cell, head] of cells) await this.#readCell(cell, head);
  }

  async #readCell(cell: string, head: string): Promise<void> {
    try {
      await readContents(this.#objects, (await this.#objects.commit(head)).tree);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.report([finding('object_missing', { ref: `cells/${cell}`, commit: head }, error.message)]);
    }
  }

  #compareAnchor(cell: string, ids: readonly string[]): void {
    const seen = this.#options.anchor?.cells[cell];
    if (seen !== undefined && !ids.includes(seen)) this.report([finding('cell_rewound', { ref: `cells/${cell}`, commit: seen })]);
  }

  async #walk({ chain, given }: { readonly chain: readonly string[]; readonly given: number }, check: CellCheck, approvals: ApprovalCheck): Promise<void> {
    const trust = new Trust(this.#options.keys);
    const lists = new TrustLists(this.#objects);
    let trusted: readonly string[] = [];
    let parent: string | undefined;
    let done = 0;
    for await (const commit of ahead(chain, (id) => this.#objects.commit(id))) {
      const checked = done >= given;
      if (commit.parents[0] !== parent) this.report([finding('parent_differs', { ref: 'main', commit: commit.id })]);
      parent = commit.id;
      const after = await lists.at(commit.tree);
      // Of what is taken as given, only who changed the list of keys matters.
      const verdict = checked || after !== trusted ? trust.judge(commit) : unasked;
      const change = trust.follow({ before: trusted, after }, verdict);
      // The first list is what the state began with, no change.
      if (change !== undefined && checked && done > 0) this.report([trustFinding(commit, change)]);
      trusted = after;
      done += 1;
      if (checked) await this.#check(commit, { trust, verdict, check, approvals });
      else {
        approvals.pass(commit);
        if (done === given) this.report(await check.begin(commit, new Set(chain.slice(0, given))));
      }
      this.#options.onProgress?.(done, chain.length);
    }
    this.report(await check.end());
    this.#counts.rendered = check.checked;
    this.#counts.unproved = check.unproved + approvals.unproved;
    if (check.unproved > 0) this.report([finding('not_checkable', { ref: 'cells' }, `${check.unproved} commits.`)]);
  }

  async #check(commit: ParsedCommit, { trust, verdict, check, approvals }: Walking): Promise<void> {
    const signed = verdict.by === 'trusted';
    this.report(checkMainCommit(commit, verdict));
    this.#count(commit, signed);
    const { quarantines } = check;
    this.report(await check.follow(commit, trust));
    this.report(await approvals.follow(commit, { signed, quarantines, synthVersion: check.synthVersion }));
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
