import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, Pair, Scalar } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { editYaml } from '../commit/edit-yaml.ts';
import { splitPointer } from '../plan/field-changes.ts';
import { readValue } from '../plan/read-value.ts';
import { ancestorsOf, entriesOf, isBelow } from './entries.ts';
import type { Entries, Entry } from './entries.ts';
import type { FieldEdit } from './merge-fields.ts';

/**
 * The text with the edits made in it; comments, order and quoting of everything else survive. `undefined` when its YAML does
 * not take them field by field (it can not be read, or a name stands in it in another form). Never throws.
 */
export function writeFields(path: string, text: string, edits: readonly FieldEdit[]): string | undefined {
  const value = readValue(text);
  if (value === undefined) return undefined;
  const result = editYaml(path, text, (document) => editDocument(document, edits));
  return isDeepStrictEqual(entriesOf(readValue(result)), edited(entriesOf(value), edits)) ? result : undefined;
}

/** Removals first, so that what stands in the way is gone; groups that may be left empty last, the innermost first. */
const order = ['remove', 'open', 'set', 'close'] as const;

function inOrder(edits: readonly FieldEdit[]): readonly FieldEdit[] {
  return order.flatMap((what) => {
    const some = edits.filter((edit) => edit.do === what).sort((a, b) => a.pointer.length - b.pointer.length);
    return what === 'close' ? some.reverse() : some;
  });
}

/** What the edits come to, without the text. */
function edited(entries: Map<string, Entry>, edits: readonly FieldEdit[]): Entries {
  const clear = (pointer: string) => {
    // A value has nothing below it.
    if (isGroup(entries.get(pointer))) for (const each of entries.keys()) if (isBelow(each, pointer)) entries.delete(each);
    entries.delete(pointer);
  };
  const open = (pointer: string) => {
    if (!isGroup(entries.get(pointer))) clear(pointer);
    entries.set(pointer, { group: true });
  };
  for (const edit of inOrder(edits)) {
    const { pointer } = edit;
    if (edit.do === 'close') {
      if (![...entries.keys()].some((each) => isBelow(each, pointer))) entries.delete(pointer);
      continue;
    }
    if (edit.do !== 'open') clear(pointer);
    if (edit.do === 'remove') continue;
    for (const ancestor of ancestorsOf(pointer)) open(ancestor);
    if (edit.do === 'open') open(pointer);
    else for (const [each, entry] of entriesOf(edit.value, pointer)) entries.set(each, entry);
  }
  return entries;
}

function isGroup(entry: Entry | undefined): boolean {
  return entry !== undefined && 'group' in entry;
}

function editDocument(document: Document, edits: readonly FieldEdit[]): void {
  const fields = new Fields();
  for (const edit of inOrder(edits)) {
    const path = splitPointer(edit.pointer);
    const name = path.pop();
    if (name === undefined) {
      if (edit.do === 'set') document.contents = document.createNode(edit.value) as typeof document.contents;
      continue;
    }
    if (edit.do === 'open') openGroup(document, fields, [...path, name]);
    else if (edit.do === 'set') setField(fields, openGroup(document, fields, path), name, document.createNode(edit.value));
    else removeField(groupAt(document, fields, path), fields, name, edit.do === 'close');
  }
}

/** The fields of a document's groups by their names, so that each is looked for once, however many are edited. */
class Fields {
  readonly #groups = new Map<YAMLMap, Map<string, Pair>>();

  /** Names that are written as numbers or truth values are names all the same; of two, the first counts. */
  of(group: YAMLMap): Map<string, Pair> {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const fields = new Map(group.items.toReversed().map((pair) => [String(isScalar(pair.key) ? (pair.key.value ?? '') : pair.key), pair]));
    this.#groups.set(group, fields);
    return fields;
  }
}

function setField(fields: Fields, group: YAMLMap, name: string, node: Node): void {
  const pair = fields.of(group).get(name);
  if (pair === undefined) {
    const added = new Pair(new Scalar(name), node);
    group.items.push(added);
    fields.of(group).set(name, added);
    return;
  }
  const { value: old } = pair;
  if (isScalar(old) && isScalar(node)) Object.assign(node, { comment: old.comment, commentBefore: old.commentBefore, spaceBefore: old.spaceBefore });
  pair.value = node;
}

function removeField(group: YAMLMap | undefined, fields: Fields, name: string, onlyEmpty: boolean): void {
  const pair = group && fields.of(group).get(name);
  if (group === undefined || pair === undefined) return;
  if (onlyEmpty && !(isMap(pair.value) && pair.value.items.length === 0)) return;
  group.items.splice(group.items.indexOf(pair), 1);
  fields.of(group).delete(name);
}

function groupAt(document: Document, fields: Fields, path: readonly string[]): YAMLMap | undefined {
  let node: unknown = document.contents;
  for (const name of path) node = isMap(node) ? fields.of(node).get(name)?.value : undefined;
  return isMap(node) ? node : undefined;
}

/** The group at the path, made where it is missing or where something else stands. */
function openGroup(document: Document, fields: Fields, path: readonly string[]): YAMLMap {
  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  let group = document.contents as unknown as YAMLMap;
  for (const name of path) {
    const found = fields.of(group).get(name)?.value;
    const inner = isMap(found) ? found : (document.createNode({}) as YAMLMap);
    if (inner !== found) setField(fields, group, name, inner);
    group = inner;
  }
  return group;
}
