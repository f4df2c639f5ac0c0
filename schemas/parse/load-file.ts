import { checkOfKind } from '../compile.ts';
import type { Position, Problem } from '../problem.ts';
import type { KindName, Kinds, Loaded, ObjectRef, RawFile } from '../state.ts';
import { decode } from './decode.ts';
import type { FileProblem } from './file-problem.ts';
import { plainPosition } from './plain-position.ts';
import { positionAt, Positions } from './positions.ts';
import { parseYaml, type ParsedYaml } from './yaml.ts';

/** Larger files are refused unread. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** A file with more is broken as a whole; the rest would only hide it. */
const MAX_PROBLEMS = 100;

export type LoadedFile<K extends KindName = KindName> =
  | { readonly loaded: Loaded<K>; readonly problems: readonly [] }
  | { readonly loaded: undefined; readonly problems: readonly Problem[] };

/** Reads the file of an object: bytes → text → YAML → schema → name. It answers with all problems and never throws on what a file holds. */
export function loadFile<K extends KindName>(file: RawFile, ref: ObjectRef<K>): LoadedFile<K> {
  const refused = refuseUnread(file);
  if (refused !== undefined) return { loaded: undefined, problems: [refused] };
  const decoded = decode(file.bytes ?? new Uint8Array());
  if ('problem' in decoded) return { loaded: undefined, problems: [toProblem(file, decoded.problem.text ?? '', decoded.problem)] };
  const { text } = decoded;
  const parsed = parseYaml(text);
  if (parsed.problems.length > 0) return { loaded: undefined, problems: cap(file, parsed.problems.slice(0, MAX_PROBLEMS + 1).map((each) => toProblem(file, text, each))) };
  const problems = schemaProblems(file, ref, text, parsed);
  if (problems.length > 0) return { loaded: undefined, problems };
  return { loaded: new LoadedObject(ref, file, parsed.value as Kinds[K], { text, plain: parsed.document === undefined }), problems: [] };
}

/** The problem of a path that can't be read at all: a symlink, a submodule, or too large a file. */
export function refuseUnread(file: RawFile): Problem | undefined {
  const at = { path: file.path, line: 1, column: 1, pointer: '', severity: 'error' } as const;
  if (file.mode === 'symlink') return { ...at, code: 'symlink_forbidden', message: 'This is a symbolic link, which could lead anywhere. Put the file itself here.' };
  if (file.mode === 'submodule') return { ...at, code: 'submodule_forbidden', message: 'This is a Git submodule, which the platform doesn\'t follow. Remove it (`git rm`).' };
  if (file.size > MAX_FILE_BYTES || file.bytes === undefined) return { ...at, code: 'file_too_large', message: `The file has ${file.size} bytes; an object may have ${MAX_FILE_BYTES}. Make it smaller.` };
  return undefined;
}

class LoadedObject<K extends KindName> implements Loaded<K> {
  readonly ref: ObjectRef<K>;
  readonly path: string;
  readonly oid: string;
  readonly object: Kinds[K];
  readonly text: string;
  readonly #plain: boolean;
  // Rules ask for several positions of one file in a row; between times the parsed document must not stay in memory.
  #positions: WeakRef<Positions> | undefined;

  constructor(ref: ObjectRef<K>, file: RawFile, object: Kinds[K], { text, plain }: { readonly text: string; readonly plain: boolean }) {
    this.ref = ref;
    this.path = file.path;
    this.oid = file.oid;
    this.object = object;
    this.text = text;
    this.#plain = plain;
  }

  locate(pointer: string): Position {
    const quick = this.#plain ? plainPosition(this.text, pointer) : undefined;
    if (quick !== undefined) return { ...quick, pointer };
    let positions = this.#positions?.deref();
    if (positions === undefined) {
      positions = new Positions(this.text);
      this.#positions = new WeakRef(positions);
    }
    return positions.locate(pointer);
  }
}

function schemaProblems(file: RawFile, ref: ObjectRef, text: string, parsed: ParsedYaml): readonly Problem[] {
  const value = parsed.value as { kind?: unknown; metadata?: { name?: unknown } } | undefined;
  const fields = checkOfKind(ref.kind)(value);
  const name = value?.metadata?.name;
  if (fields.length === 0 && name === ref.name) return [];
  const positions = new Positions(text, parsed.document);
  const problem = (code: string, message: string, position: Position): Problem => ({ path: file.path, severity: 'error', code, message, ...position });
  if (typeof value?.kind === 'string' && value.kind !== ref.kind) {
    return [problem('kind_wrong', `The file says kind \`${value.kind}\`, but its path is of kind \`${ref.kind}\`. Change the kind, or move the file.`, positions.locate('/kind'))];
  }
  const problems = fields.slice(0, MAX_PROBLEMS + 1).map((each) => problem(each.code, each.message, positions.locate(each.pointer, each.at)));
  if (typeof name === 'string' && name !== ref.name) {
    problems.push(problem('name_mismatch', `\`metadata.name\` is \`${name}\`, but this path names the object \`${ref.name}\`. Change the name, or move the file.`, positions.locate('/metadata/name')));
  }
  return cap(file, problems);
}

function toProblem(file: RawFile, text: string, problem: FileProblem): Problem {
  return { path: file.path, severity: 'error', code: problem.code, message: problem.message, pointer: problem.pointer, ...positionAt(text, problem.offset) };
}

function cap(file: RawFile, problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  return [...problems.slice(0, MAX_PROBLEMS), { path: file.path, severity: 'error', line: 1, column: 1, pointer: '', code: 'too_many_problems', message: `The file has more than ${MAX_PROBLEMS} problems. Correct these first.` }];
}
