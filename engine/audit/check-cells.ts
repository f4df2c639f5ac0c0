import { SYNTH_VERSION } from '../../synth/index.ts';
import { cellCommit } from '../commit/cell-commits.ts';
import { encodeCommit, parseTrailers, ZERO_ID } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { CellReplay, strayEntries } from './cell-replay.ts';
import type { Quarantines } from './cell-replay.ts';
import { ahead } from './clone.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Trust } from './trust.ts';
import type { TenantLoader } from '../state/read-state.ts';

interface Rendered {
  readonly cell: string;
  readonly id: string;
  readonly source: string;
  /** How many commits of the cell stand before it. */
  readonly position: number;
}

interface CellState {
  /** Commits in order, and how many have been come to. */
  readonly chain: readonly Rendered[];
  next: number;
  tree: string | undefined;
  /** It was not the rendering of the commit that the verification began with. */
  begunOther: boolean;
  /** A commit of main that the cell did not show yet, though it should. */
  late: string | undefined;
}

/**
 * Follows the cells' branches along `main`: each commit must be signed by the platform, stand in the order of its sources, and
 * be exactly what synth makes of its source. Quarantines are inputs, taken from the commits' own trailers.
 */
export class CellCheck {
  readonly #objects: ObjectReader;
  readonly #replay: CellReplay;
  readonly #cells = new Map<string, CellState>();
  /** Source → commits of all cells, each cell's in order. */
  readonly #bySource = new Map<string, Rendered[]>();
  readonly #positions: ReadonlyMap<string, number>;
  #quarantines: Quarantines = new Map();
  #synthVersion: string | undefined;
  #head: ParsedCommit | undefined;
  /** Commits whose content was compared, and those of which it could not be. */
  checked = 0;
  unproved = 0;

  constructor(objects: ObjectReader, loader: TenantLoader, positions: ReadonlyMap<string, number>) {
    this.#objects = objects;
    this.#positions = positions;
    this.#replay = new CellReplay(objects, loader);
  }

  /** What was quarantined at the commit that was come to last. */
  get quarantines(): Quarantines {
    return this.#quarantines;
  }

  /** The synth that rendered it; `undefined` before the first rendering. */
  get synthVersion(): string | undefined {
    return this.#synthVersion;
  }

  /** Takes a cell's branch, oldest commit first. Answers with what is wrong with its sources. */
  async add(cell: string, ids: readonly string[]): Promise<Finding[]> {
    const found: Finding[] = [];
    const chain: Rendered[] = [];
    let last = -1;
    let parent: string | undefined;
    for await (const commit of ahead(ids, (id) => this.#objects.commit(id))) {
      const source = parseTrailers(commit.message).get('Source-Commit')?.[0] ?? '';
      const position = this.#positions.get(source);
      const at = { ref: `cells/${cell}`, commit: commit.id };
      if (commit.parents[0] !== parent) found.push(finding('parent_differs', at));
      parent = commit.id;
      if (position === undefined) found.push(finding('source_unknown', at, `Source: ${source || 'none'}.`));
      else if (position < last) found.push(finding('source_order', at));
      last = Math.max(last, position ?? last);
      const rendered = { cell, id: commit.id, source, position: chain.length };
      chain.push(rendered);
      this.#bySource.set(source, [...(this.#bySource.get(source) ?? []), rendered]);
    }
    this.#cells.set(cell, { chain, next: 0, tree: undefined, begunOther: false, late: undefined });
    return found;
  }

  /**
   * Comes to a commit of `main` by which everything is taken as given, but for what the cells show there: that is rendered and
   * compared. `given`: the commits of `main` up to it.
   */
  async begin(source: ParsedCommit, given: ReadonlySet<string>): Promise<Finding[]> {
    this.#head = source;
    const last = [...this.#cells.values()].flatMap(({ chain }) => chain.findLast((rendered) => given.has(rendered.source)) ?? []);
    const commits = await Promise.all(last.map(async (rendered) => ({ rendered, commit: await this.#objects.commit(rendered.id) })));
    for (const { rendered, commit } of commits) this.#arrive(rendered, commit);
    // What is quarantined stands on all of them; one that lags behind the others shows an older state.
    commits.sort((a, b) => (this.#positions.get(b.rendered.source) ?? 0) - (this.#positions.get(a.rendered.source) ?? 0));
    const [newest] = commits;
    if (newest === undefined) return [];
    this.#takeInputs(newest.commit);
    if (!this.#canRender([newest.commit])) {
      this.unproved += commits.length;
      return [];
    }
    await this.#replay.start(source, this.#quarantines, this.#claimed());
    const found: Finding[] = [];
    for (const [cell, state] of this.#cells) {
      found.push(...(await this.#compare(cell, state, { source, begins: true })));
      state.begunOther = state.late !== undefined;
    }
    return found;
  }

  /** Comes to the next commit of `main`. */
  async follow(source: ParsedCommit, trust: Trust): Promise<Finding[]> {
    const found: Finding[] = [];
    this.#head = source;
    const rounds = roundsOf(this.#bySource.get(source.id) ?? []);
    for (const round of rounds) {
      const commits = await Promise.all(round.map(async (rendered) => ({ rendered, commit: await this.#objects.commit(rendered.id) })));
      found.push(...commits.flatMap(({ rendered, commit }) => this.#judge(rendered, commit, source, trust)));
      for (const { rendered, commit } of commits) this.#arrive(rendered, commit);
      found.push(...(await this.#content(source, commits.map(({ commit }) => commit))));
    }
    if (rounds.length === 0 && this.#replay.started) {
      await this.#replay.step(source, this.#quarantines);
      for (const [cell, state] of this.#cells) if (this.#replay.trees().get(cell) !== state.tree) state.late ??= source.id;
    }
    return found;
  }

  /** What is left at the head of `main`. */
  async end(): Promise<Finding[]> {
    // Without any cell's commit nothing was rendered yet: what is there to show is seen at the head.
    if (this.#cells.size === 0 && this.#head !== undefined) await this.#replay.start(this.#head, new Map(), new Map());
    const behind = [...this.#cells].filter(([, { late }]) => late !== undefined).map(([cell, { late = '', begunOther }]) => begunOther
      ? finding('cell_differs', { ref: `cells/${cell}` }, `Source: ${late}, the commit that the verification begins with.`)
      : finding('cell_behind', { ref: `cells/${cell}` }, `Since commit ${late} of main.`));
    const missing = [...this.#replay.trees().keys()].filter((cell) => !this.#cells.has(cell)).map((cell) => finding('cell_missing', { ref: `cells/${cell}` }));
    return [...behind, ...missing];
  }

  #arrive({ cell, position }: Rendered, commit: ParsedCommit): void {
    const state = this.#cells.get(cell);
    if (state === undefined) return;
    state.next = position + 1;
    state.tree = commit.tree;
  }

  #judge({ cell }: Rendered, commit: ParsedCommit, source: ParsedCommit, trust: Trust): Finding[] {
    const at = { ref: `cells/${cell}`, commit: commit.id };
    const { by, key } = trust.judgeRendered(commit);
    if (by !== 'trusted') return [finding('cell_unsigned', at, key === undefined ? '' : `It is signed with ${key}.`)];
    const quarantined = parseTrailers(commit.message).get('Quarantined') ?? [];
    const found = [...quarantinesOf(quarantined).values()].filter((good) => good !== ZERO_ID && !((this.#positions.get(good) ?? Number.POSITIVE_INFINITY) <= (this.#positions.get(source.id) ?? -1)));
    const unknown = found.map((good) => finding('quarantine_unknown', at, `It names ${good}.`));
    if (versionOf(commit) !== SYNTH_VERSION) return unknown;
    const expected = encodeCommit(cellCommit({ commit: commit.parents[0], tree: commit.tree }, source, quarantined));
    return commit.signature?.payload.equals(expected) === true ? unknown : [...unknown, finding('cell_altered', at)];
  }

  /** Compares a round of commits, one a cell, all from one source. */
  async #content(source: ParsedCommit, commits: readonly ParsedCommit[]): Promise<Finding[]> {
    const [any] = commits;
    if (any === undefined) return [];
    const lines = commits.map((commit) => parseTrailers(commit.message).get('Quarantined') ?? []);
    const differ = lines.some((each) => each.join('\n') !== lines[0]?.join('\n'));
    this.#takeInputs(any);
    if (!this.#canRender(commits)) {
      this.#replay.stop();
      this.unproved += commits.length;
      return [];
    }
    this.checked += commits.length;
    const begins = !this.#replay.started;
    if (begins) await this.#replay.start(source, this.#quarantines, this.#claimed());
    else await this.#replay.step(source, this.#quarantines);
    const found = differ ? [finding('quarantines_differ', { ref: 'main', commit: source.id })] : [];
    for (const [cell, state] of this.#cells) found.push(...(await this.#compare(cell, state, { source, begins })));
    return found;
  }

  #takeInputs(commit: ParsedCommit): void {
    this.#quarantines = quarantinesOf(parseTrailers(commit.message).get('Quarantined') ?? []);
    this.#synthVersion = versionOf(commit);
  }

  /** Not what another synth rendered, nor from what was reported as unknown. */
  #canRender(commits: readonly ParsedCommit[]): boolean {
    const nowhere = [...this.#quarantines.values()].some((good) => good !== ZERO_ID && !this.#positions.has(good));
    return !nowhere && commits.every((commit) => versionOf(commit) === SYNTH_VERSION);
  }

  /** Cell → the tree that it shows. */
  #claimed(): Map<string, string> {
    return new Map([...this.#cells].flatMap(([cell, { tree }]) => (tree === undefined ? [] : [[cell, tree] as const])));
  }

  async #compare(cell: string, state: CellState, { source, begins }: { readonly source: ParsedCommit; readonly begins: boolean }): Promise<Finding[]> {
    const { tree } = state;
    const last = state.chain[state.next - 1];
    if (tree === undefined || last === undefined) return [];
    const at = { ref: `cells/${cell}`, commit: last.id };
    const stray = begins ? await strayEntries(this.#objects, tree) : [];
    if (stray.length > 0) return [finding('cell_differs', at, `Nothing renders ${stray.join(', ')}.`)];
    if (this.#replay.trees().get(cell) === tree) {
      const late = state.late;
      state.late = undefined;
      state.begunOther = false;
      return late === undefined ? [] : [finding('cell_skipped', { ref: at.ref, commit: late })];
    }
    if (last.source !== source.id) {
      state.late ??= source.id;
      return [];
    }
    state.late = undefined;
    state.begunOther = false;
    return [finding('cell_differs', at, `Source: ${source.id}. First files that differ: ${(await this.#replay.differences(cell, tree)).join(', ')}.`)];
  }
}

function versionOf(commit: ParsedCommit): string {
  return parseTrailers(commit.message).get('Synth-Version')?.[0] ?? '';
}

function quarantinesOf(lines: readonly string[]): Quarantines {
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

/** A source is rendered again by a newer synth: the first commit of each cell, then the second of each, and so on. */
function roundsOf(rendered: readonly Rendered[]): Rendered[][] {
  const rounds: Rendered[][] = [];
  const seen = new Map<string, number>();
  for (const each of rendered) {
    const round = seen.get(each.cell) ?? 0;
    seen.set(each.cell, round + 1);
    (rounds[round] ??= []).push(each);
  }
  return rounds;
}
