import { CatFile } from './cat-file.ts';
import type { GitObject } from './cat-file.ts';
import { parseCommit } from './commit-object.ts';
import type { ParsedCommit } from './commit-object.ts';
import { GitError } from './git-error.ts';
import { writeLooseObjects } from './loose-objects.ts';
import type { NewObject } from './loose-objects.ts';
import { Lru } from './lru.ts';
import { writePack } from './pack-objects.ts';
import { EMPTY_TREE, objectId } from './object-id.ts';
import type { ObjectType } from './object-id.ts';

const cacheBytes = 32 * 1024 * 1024;
const largestCached = 256 * 1024;
/** From here on one pack costs less than a flush for each object and each of their folders: a commit has some twenty (2.4 against 14.5 ms). */
const packFrom = 4;

/** No tree and no commit that people or programs make comes near it. */
const largest = { tree: 32 * 1024 * 1024, commit: 8 * 1024 * 1024 };
/** Whoever must see every byte waits for it. */
const largestWhole = 256 * 1024 * 1024;

/** Reads objects by id. A tree of no entries always exists. Throws `object_missing`, `object_corrupt`, `too_large`. */
export interface ObjectReader {
  tree(oid: string): Promise<Buffer>;
  /** `content` is absent when the blob is larger than `maxBytes`: whoever may push decides how large it is. */
  blob(oid: string, maxBytes: number): Promise<{ readonly size: number; readonly content: Buffer | undefined }>;
  commit(oid: string): Promise<ParsedCommit>;
}

/** Objects as they are in the repository, through a small cache of trees, blobs and commits. */
export class ObjectStore implements ObjectReader {
  readonly #directory: string;
  readonly #catFile: CatFile;
  readonly #cache = new Lru<string, GitObject>(cacheBytes);
  /** Reads that are under way, by id and limit: who asks meanwhile gets the same answer. */
  readonly #reading = new Map<string, Promise<GitObject | undefined>>();
  /** How many objects were read from the repository, not from memory; tests assert on it. */
  readonly reads = { blob: 0, tree: 0, commit: 0, tag: 0 };

  readonly #verified: boolean;
  readonly #whole: boolean;

  /**
   * `environment`: variables of git that let it see other objects besides. `verified`: throws `object_corrupt` for an object that is
   * not what its id says; git itself does not look when it reads. `wholeCommits`: throws `too_large` for a commit that is; else, and
   * unless `verified`, it is read without the end of its message and as one that nobody signed.
   */
  constructor(directory: string, environment: Readonly<Record<string, string>> = {}, { verified = false, wholeCommits = verified }: { readonly verified?: boolean; readonly wholeCommits?: boolean } = {}) {
    this.#directory = directory;
    this.#verified = verified;
    this.#whole = wholeCommits;
    this.#catFile = new CatFile(directory, environment);
  }

  async #read(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    const known = this.#cache.get(oid);
    if (known !== undefined && (known.content !== undefined || known.size > maxBytes)) return known;
    const key = `${oid} ${maxBytes}`;
    const reading = this.#reading.get(key);
    if (reading !== undefined) return reading;
    const started = this.#readFromGit(oid, maxBytes).finally(() => this.#reading.delete(key));
    this.#reading.set(key, started);
    return started;
  }

  async #readFromGit(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    const object = await this.#catFile.read(oid, maxBytes);
    if (object === undefined) return undefined;
    if (this.#verified && object.content !== undefined && objectId(object.type, object.content) !== oid) throw new GitError('object_corrupt', `The ${object.type} ${oid} has other content than its id says.`);
    this.reads[object.type] += 1;
    this.#remember(oid, object);
    return object;
  }

  /** Of a large one only how large it is: git would send all of it again to say so. */
  #remember(oid: string, object: GitObject): void {
    if (object.content === undefined) this.#cache.set(oid, object, 200 + (object.beginning?.length ?? 0));
    else if (object.size <= largestCached) this.#cache.set(oid, object, object.size + 200);
  }

  async #expect(oid: string, type: ObjectType, maxBytes: number): Promise<GitObject> {
    const object = await this.#read(oid, maxBytes);
    if (object === undefined) throw new GitError('object_missing', `There is no ${type} ${oid} in the state repository.`);
    if (object.type !== type) throw new GitError('object_corrupt', `${oid} is a ${object.type}, not a ${type}.`);
    return object;
  }

  /** What is in memory costs one promise: a write asks for many objects, and nearly all of them are. */
  #known(oid: string, type: ObjectType): Buffer | undefined {
    const known = this.#cache.get(oid);
    return known?.type === type ? known.content : undefined;
  }

  async #treeFromGit(oid: string): Promise<Buffer> {
    const { content } = await this.#expect(oid, 'tree', largest.tree);
    if (content === undefined) throw tooLarge('tree', oid, largest.tree);
    return content;
  }

  tree(oid: string): Promise<Buffer> {
    const known = oid === EMPTY_TREE ? Buffer.alloc(0) : this.#known(oid, 'tree');
    return known === undefined ? this.#treeFromGit(oid) : Promise.resolve(known);
  }

  blob(oid: string, maxBytes: number): Promise<{ size: number; content: Buffer | undefined }> {
    const known = this.#known(oid, 'blob');
    return known === undefined ? this.#expect(oid, 'blob', maxBytes) : Promise.resolve({ size: known.length, content: known });
  }

  async commit(oid: string): Promise<ParsedCommit> {
    const limit = this.#verified ? largestWhole : largest.commit;
    const { content, beginning } = await this.#expect(oid, 'commit', limit);
    if (content !== undefined) return parseCommit(oid, content);
    // Without its end a signature says nothing, and headers of that length are none.
    if (this.#whole || beginning?.includes('\n\n') !== true) throw tooLarge('commit', oid, limit);
    return { ...parseCommit(oid, beginning), signature: undefined };
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#read(oid, 0)) !== undefined;
  }

  /** Durable when it resolves. Throws `disk_full`; then nothing refers to what was written. */
  async write(objects: readonly NewObject[]): Promise<void> {
    if (objects.length > packFrom) await writePack(this.#directory, objects);
    else await writeLooseObjects(this.#directory, objects);
    for (const { oid, type, content } of objects) this.#remember(oid, { type, size: content.length, content });
  }

  close(): void {
    this.#catFile.close();
  }
}

function tooLarge(type: ObjectType, oid: string, limit: number): GitError {
  return new GitError('too_large', `The ${type} ${oid} is over ${limit} bytes. Take it off the branch that leads to it.`);
}

/**
 * Objects that are made but not written, over a reader. Draw a draft from a draft, and `keep` it, to make a step that can be
 * dropped whole.
 */
export class ObjectDraft implements ObjectReader {
  #below: ObjectReader;
  readonly #made = new Map<string, NewObject>();
  #bytes = 0;

  constructor(below: ObjectReader) {
    this.#below = below;
  }

  add(type: ObjectType, content: Buffer, madeFrom?: string): string {
    const oid = objectId(type, content);
    this.#keep({ oid, type, content, ...(madeFrom !== undefined && { madeFrom }) });
    return oid;
  }

  keep(step: ObjectDraft): void {
    for (const object of step.#made.values()) this.#keep(object);
  }

  #keep(object: NewObject): void {
    if (this.#made.has(object.oid)) return;
    this.#made.set(object.oid, object);
    this.#bytes += object.content.length;
  }

  /** Bytes of the objects that are made and not written. */
  get bytes(): number {
    return this.#bytes;
  }

  get #draftBelow(): ObjectDraft | undefined {
    return this.#below instanceof ObjectDraft ? this.#below : undefined;
  }

  /** The same, with those of the drafts that this one is drawn from. */
  get unwrittenBytes(): number {
    return this.#bytes + (this.#draftBelow?.unwrittenBytes ?? 0);
  }

  /** Whether an object was made here, or in the drafts that this one is drawn from: git does not know it. */
  isMade(oid: string): boolean {
    return this.#made.has(oid) || this.#draftBelow?.isMade(oid) === true;
  }

  /** Everything that can be read here and is not in the repository, each once. */
  unwritten(): NewObject[] {
    const below = this.#draftBelow?.unwritten() ?? [];
    const known = new Set(below.map(({ oid }) => oid));
    return [...below, ...this.objects().filter(({ oid }) => !known.has(oid))];
  }

  /** Puts it over another reader that has what the one below it has. */
  settleOn(below: ObjectReader): void {
    this.#below = below;
  }

  /** To be called when `unwritten` has been written: it is read from the repository from now on. */
  settle(): void {
    this.#draftBelow?.settle();
    this.clear();
  }

  objects(): NewObject[] {
    return [...this.#made.values()];
  }

  clear(): void {
    this.#made.clear();
    this.#bytes = 0;
  }

  tree(oid: string): Promise<Buffer> {
    const made = this.#made.get(oid);
    return made === undefined ? this.#below.tree(oid) : Promise.resolve(made.content);
  }

  blob(oid: string, maxBytes: number): Promise<{ size: number; content: Buffer | undefined }> {
    const made = this.#made.get(oid);
    return made === undefined ? this.#below.blob(oid, maxBytes) : Promise.resolve({ size: made.content.length, content: made.content });
  }

  async commit(oid: string): Promise<ParsedCommit> {
    const made = this.#made.get(oid);
    return made === undefined ? this.#below.commit(oid) : parseCommit(oid, made.content);
  }
}
