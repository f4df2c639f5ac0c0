import type { Document } from 'yaml';
import { MAX_FILE_BYTES, pathOfRef, refOfPath } from '../../schemas/index.ts';
import type { ObjectRef, PlatformState, TenantState } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import { EngineError } from '../engine-error.ts';
import { entryAt, FILE_MODE, isTree, spliceTree, ZERO_ID } from '../git/index.ts';
import type { ObjectDraft, ParsedCommit, TreeEntry } from '../git/index.ts';
import type { Draft } from '../intent.ts';
import { loadInForce } from '../state/load-in-force.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { editYaml } from './edit-yaml.ts';

export interface DraftSource {
  readonly view: StateView;
  readonly objects: ObjectDraft;
  readonly loader: TenantLoader;
  /** Texts that stand in for the head's, by path: what the caller of a refused write had read. */
  readonly instead?: ReadonlyMap<string, string | undefined>;
}

/** Collects what an intent does to files, over the head that it runs on. */
export class EngineDraft implements Draft {
  readonly platform: PlatformState;
  readonly #source: DraftSource;
  readonly #texts = new Map<string, string | undefined>();

  constructor(source: DraftSource) {
    this.#source = source;
    this.platform = source.view.platform.state;
  }

  /**
   * What the draft is over: commits of the writes before this one that git does not know yet, newest first, and the commit that
   * they stand on, which it knows.
   */
  async lineage(): Promise<{ readonly unwritten: readonly ParsedCommit[]; readonly written: string }> {
    const { objects, view } = this.#source;
    const unwritten: ParsedCommit[] = [];
    let written = view.commit;
    while (objects.isMade(written)) {
      const commit = await objects.commit(written);
      unwritten.push(commit);
      written = commit.parents[0] ?? ZERO_ID;
    }
    return { unwritten, written };
  }

  tenant(id: string): Promise<TenantState | undefined> {
    return loadInForce(this.#source.view, this.#source.loader, id, this.#source.objects);
  }

  edit(ref: ObjectRef, change: (document: Document) => void): Promise<void> {
    return this.editAt(pathOfRef(ref), change);
  }

  put(path: string, text: string): void {
    if (refOfPath(path) === undefined) throw new EngineError('invalid', `No object has the path ${path}.`);
    if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw new EngineError('invalid', `${path} would be larger than ${MAX_FILE_BYTES} bytes. Make it smaller.`);
    this.#texts.set(path, text);
  }

  /** As `put` and `delete`, also of a file that holds no object. */
  set(path: string, text: string | undefined): void {
    this.#texts.set(path, text);
  }

  /** Edits the YAML document of a file that is there. */
  async editAt(path: string, change: (document: Document) => void): Promise<void> {
    const text = await this.text(path);
    if (text === undefined) throw new EngineError('not_found', `There is nothing at ${path}.`);
    this.#texts.set(path, editYaml(path, text, change));
  }

  delete(ref: ObjectRef): void {
    this.#texts.set(pathOfRef(ref), undefined);
  }

  /** The file's text with the draft's own edits; `undefined`: there is none. */
  async text(path: string): Promise<string | undefined> {
    if (this.#texts.has(path)) return this.#texts.get(path);
    return this.before(path);
  }

  async before(path: string): Promise<string | undefined> {
    const { instead, objects } = this.#source;
    if (instead?.has(path) === true) return instead.get(path);
    const entry = await this.#entry(path);
    if (entry === undefined || isTree(entry)) return undefined;
    const { content } = await objects.blob(entry.oid, MAX_FILE_BYTES);
    if (content === undefined) throw new EngineError('invalid', `${path} is larger than ${MAX_FILE_BYTES} bytes. Make it smaller.`);
    return content.toString('utf8');
  }

  #entry(path: string): Promise<TreeEntry | undefined> {
    return entryAt(this.#source.objects, this.#source.view.root, path);
  }

  /** The files that differ from the head, in path order. */
  async changes(): Promise<FileChange[]> {
    const changes: FileChange[] = [];
    for (const path of [...this.#texts.keys()].sort()) {
      const before = await this.before(path);
      const after = this.#texts.get(path);
      if (before === undefined && after === undefined) throw new EngineError('not_found', `There is nothing to delete at ${path}.`);
      if (before !== after) changes.push({ path, ref: refOfPath(path), before, after });
    }
    return changes;
  }

  /** Makes the blobs and trees of the changes; answers with the new root tree. */
  async root(changes: readonly FileChange[]): Promise<string> {
    const { objects, view } = this.#source;
    const edits = new Map<string, TreeEntry | null>();
    for (const { path, after } of changes) {
      edits.set(path, after === undefined ? null : { mode: FILE_MODE, oid: objects.add('blob', Buffer.from(after)) });
    }
    return spliceTree(objects, view.root, edits);
  }
}
