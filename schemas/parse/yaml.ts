import { isMap, isScalar, isSeq, Lexer, parseDocument, Schema, type Document, type Scalar, type YAMLMap } from 'yaml';
import type { FileProblem } from './file-problem.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { syntaxProblem } from './syntax-problem.ts';

/** Deeper than any kind nests, and far from the end of the stack. */
const MAX_DEPTH = 40;

/**
 * The library takes its time by the piece, and a mebibyte of nothing but pieces would hold the process for half a minute
 * and take gigabytes. No kind needs so many: ten thousand lines of fields.
 */
const MAX_PIECES = 50_000;

// One schema for all documents: making it anew costs more than parsing a small file.
const schema = new Schema({ schema: 'core' });

/** The options under which the state's files are read: YAML 1.2 core, names of fields as text. `uniqueKeys` is ours below: the library compares every pair. */
const yamlOptions = { schema, version: '1.2', prettyErrors: false, stringKeys: true, uniqueKeys: false, strict: true } as const;

export function readDocument(text: string): Document {
  return parseDocument(text, yamlOptions);
}

export interface ParsedYaml {
  /** Plain value; undefined when there are problems. */
  readonly value: unknown;
  readonly document: Document | undefined;
  readonly problems: readonly FileProblem[];
}

/** Reads one YAML document; whatever the bytes, it answers with problems and doesn't throw. */
export function parseYaml(text: string): ParsedYaml {
  if (isTooComplex(text)) return { value: undefined, document: undefined, problems: [{ code: 'too_complex', offset: 0, pointer: '', message: `The file holds more than ${MAX_PIECES} pieces of YAML (names, values, brackets, breaks of lines), which no kind needs. Remove what repeats.` }] };
  const quick = readPlainYaml(text);
  if (quick !== undefined) return { value: quick.value, document: undefined, problems: [] };
  const directive = /^%/m.exec(text);
  if (directive !== null) return { value: undefined, document: undefined, problems: [{ code: 'directive_forbidden', offset: directive.index, pointer: '', message: 'A directive (`%YAML`, `%TAG`) would make other tools read the file in another way. Remove the line; quote the text when it belongs to a value.' }] };
  try {
    const document = readDocument(text);
    const problems = syntaxProblems(text, document);
    if (problems.length > 0) return { value: undefined, document, problems };
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      return { value: undefined, document, problems: [{ code: 'file_empty', offset: 0, pointer: '', message: 'The file holds no object. Write one, or delete the file.' }] };
    }
    const found: FileProblem[] = [];
    const value = plain(document.contents, { pointer: '', depth: 0, found });
    return { value: found.length === 0 ? value : undefined, document, problems: found };
  } catch (error) {
    // The library composes recursively; only nesting that no object has ends its stack.
    if (!(error instanceof RangeError)) return { value: undefined, document: undefined, problems: [{ code: 'yaml_syntax', offset: 0, pointer: '', message: 'The file can\'t be read as YAML. Write it anew from an example of its kind.' }] };
    return { value: undefined, document: undefined, problems: [tooDeep(0, '')] };
  }
}

function isTooComplex(text: string): boolean {
  if (text.length < MAX_PIECES) return false;
  let count = 0;
  for (const _piece of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_PIECES) return true;
  }
  return false;
}

/** In a value or a name, where an escape can write them: none means anything to a process, and a terminal obeys them, as it does those of writing direction. Half of a pair of UTF-16 can't be written to a file at all. Tabs and line breaks pass. */
const control = /[^\P{Cc}\t\n\r]|[\p{Cs}\u202A-\u202E\u2066-\u2069]/u;

interface Place { readonly pointer: string; readonly depth: number; readonly found: FileProblem[] }

function plain(node: unknown, place: Place): unknown {
  if (isScalar(node)) return scalar(node, place);
  if (place.depth > MAX_DEPTH) {
    place.found.push(tooDeep((node as { range?: number[] }).range?.[0] ?? 0, place.pointer));
    return undefined;
  }
  if (isMap(node)) return plainMap(node, place);
  if (isSeq(node)) return node.items.map((item, index) => plain(item, { pointer: `${place.pointer}/${index}`, depth: place.depth + 1, found: place.found }));
  if (node === null) return null;
  place.found.push({
    code: 'alias_forbidden', offset: (node as { range?: number[] }).range?.[0] ?? 0, pointer: place.pointer,
    message: 'Aliases (`*name`) are not allowed: an object must read the same in every tool. Write the value out.',
  });
  return undefined;
}

function scalar({ value, range }: Scalar, { pointer, found }: Place): unknown {
  const problem = typeof value === 'string' ? controlProblem(value, range?.[0] ?? 0, pointer) : undefined;
  if (problem === undefined) return value;
  found.push(problem);
  return undefined;
}

function controlProblem(text: string, offset: number, pointer: string): FileProblem | undefined {
  const character = control.exec(text)?.[0];
  if (character === undefined) return undefined;
  const codePoint = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return { code: 'control_character', offset, pointer, message: `The text holds the control character U+${codePoint}, which no field allows. Remove it; write binary values as base64.` };
}

function plainMap(node: YAMLMap, place: Place): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const offset = (key as { range?: number[] } | null)?.range?.[0] ?? 0;
    const pointer = `${place.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const unreadable = controlProblem(name, offset, place.pointer);
    if (unreadable !== undefined) place.found.push(unreadable);
    else if (!isScalar(key) || name === '__proto__') {
      place.found.push({ code: 'field_name', offset, pointer, message: `\`${name}\` can't be the name of a field. Use another name.` });
    } else if (seen.has(name)) {
      place.found.push({ code: 'duplicate_key', offset, pointer, message: `\`${name}\` stands here a second time, and YAML would silently drop one of them. Remove one.` });
    } else {
      seen.add(name);
      object[name] = plain(value, { pointer, depth: place.depth + 1, found: place.found });
    }
  }
  return object;
}

function tooDeep(offset: number, pointer: string): FileProblem {
  return { code: 'too_deep', offset, pointer, message: `The file nests deeper than ${MAX_DEPTH} levels, which no kind does. Remove the nesting.` };
}

/** Looks like a space, and is none to YAML; before a quote or a comment nobody means it. */
const oddSpace = /^[^#"'\n]*?([\u00A0\u1680\u2000-\u200D\u202F\u205F\u3000])/gmu;

/** After a tab or an odd space the library takes the rest of the file for nonsense; then only those are worth saying, as is the first token that fits nowhere. */
function syntaxProblems(text: string, { errors, warnings }: Document): readonly FileProblem[] {
  const found = [...errors, ...warnings];
  if (found.length === 0) return [];
  const problems = found.filter((error, index) => index === 0 || !error.message.startsWith('Unexpected ') || !error.message.includes(' token in YAML stream')).map((error) => syntaxProblem(text, error));
  const tabs = problems.filter((problem) => problem.code === 'yaml_tab');
  if (tabs.length > 0) return tabs;
  const spaces = [...text.matchAll(oddSpace)].map(({ 0: line, 1: space = '', index }) => oddSpaceProblem(space, index + line.length - space.length));
  return spaces.length > 0 ? spaces : problems;
}

function oddSpaceProblem(space: string, offset: number): FileProblem {
  return { code: 'yaml_syntax', offset, pointer: '', message: `The file is not valid YAML: a space of another kind (U+${space.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}) stands here. Write a plain space.` };
}
