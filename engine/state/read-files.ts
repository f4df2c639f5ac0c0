import { MAX_FILE_BYTES } from '../../schemas/index.ts';
import type { RawFile } from '../../schemas/index.ts';
import { GitError, isTree, parseTree } from '../git/index.ts';
import type { NamedEntry, ObjectReader, TreeEntry } from '../git/index.ts';

const modes: Readonly<Record<string, RawFile['mode']>> = { '100755': 'executable', '120000': 'symlink', '160000': 'submodule' };

export interface ReadOptions {
  /** Decides by path which files are read, and which folders (`a/`) are entered; default: all. */
  readonly wanted?: (path: string) => boolean;
  /** The size of a file that the caller knows by its id: it comes without its bytes. */
  readonly known?: (path: string, entry: TreeEntry) => number | undefined;
  /** Together; default: what a tenant may have at most, many times what it needs. */
  readonly limits?: { readonly files: number; readonly bytes: number };
}

export const noLimits = { files: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
const defaultLimits = { files: 50_000, bytes: 64 * 1024 * 1024 };
/** What is read together can be over the limit before it is seen. */
const atOnce = 64;

/** What is left of the limits, in all of the walk. A few small objects that are named again and again stand for any number of files. */
interface Allowance {
  readonly wanted: (path: string) => boolean;
  readonly known: (path: string, entry: TreeEntry) => number | undefined;
  files: number;
  bytes: number;
}

export function fileMode({ mode }: TreeEntry): RawFile['mode'] {
  return modes[mode] ?? 'file';
}

async function readFile(objects: ObjectReader, path: string, entry: TreeEntry): Promise<RawFile> {
  const mode = fileMode(entry);
  if (mode === 'submodule') return { path, mode, oid: entry.oid, size: 0 };
  const { size, content } = await objects.blob(entry.oid, MAX_FILE_BYTES);
  return { path, mode, oid: entry.oid, size, ...(content !== undefined && { bytes: content }) };
}

/** The files below a tree. A file over the limit of one comes without its bytes. Throws `too_large`. */
export async function readFiles(objects: ObjectReader, tree: string, prefix: string, { wanted = () => true, known = () => undefined, limits = defaultLimits }: ReadOptions = {}): Promise<RawFile[]> {
  return filesBelow(objects, tree, prefix, { wanted, known, ...limits });
}

async function filesBelow(objects: ObjectReader, tree: string, prefix: string, allowance: Allowance): Promise<RawFile[]> {
  const entries = parseTree(await objects.tree(tree));
  spend(allowance, prefix, { files: entries.length, bytes: 0 });
  const found: RawFile[] = [];
  for (let start = 0; start < entries.length; start += atOnce) {
    const read = await Promise.all(entries.slice(start, start + atOnce).map((entry) => filesAt(objects, entry, prefix, allowance)));
    found.push(...read.flat());
  }
  return found;
}

async function filesAt(objects: ObjectReader, entry: NamedEntry, prefix: string, allowance: Allowance): Promise<RawFile[]> {
  const path = `${prefix}${entry.name}`;
  if (isTree(entry)) return allowance.wanted(`${path}/`) ? filesBelow(objects, entry.oid, `${path}/`, allowance) : [];
  if (!allowance.wanted(path)) return [];
  const size = allowance.known(path, entry);
  const file = size === undefined ? await readFile(objects, path, entry) : { path, mode: fileMode(entry), oid: entry.oid, size };
  spend(allowance, prefix, { files: 0, bytes: size ?? file.bytes?.length ?? 0 });
  return [file];
}

function spend(allowance: Allowance, prefix: string, { files, bytes }: { readonly files: number; readonly bytes: number }): void {
  allowance.files -= files;
  allowance.bytes -= bytes;
  if (allowance.files < 0 || allowance.bytes < 0) throw new GitError('too_large', `There is more at ${prefix === '' ? 'the top' : prefix} than can be read: over ${defaultLimits.files} files, or ${defaultLimits.bytes} bytes. Take away what does not belong there.`);
}
