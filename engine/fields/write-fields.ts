import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
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
    for (const each of entries.keys()) if (each === pointer || isBelow(each, pointer)) entries.delete(each);
  };
  const open = (pointer: string) => {
    if (!('group' in (entries.get(pointer) ?? {}))) clear(pointer);
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

function editDocument(document: Document, edits: readonly FieldEdit[]): void {
  for (const edit of inOrder(edits)) {
    const path = splitPointer(edit.pointer);
    const name = path.pop();
    if (name === undefined) {
      if (edit.do === 'set') document.contents = document.createNode(edit.value) as typeof document.contents;
      continue;
    }
    if (edit.do === 'open') openGroup(document, [...path, name]);
    else if (edit.do === 'set') setField(document, openGroup(document, path), name, edit.value);
    else removeField(document, path, name, edit.do === 'close');
  }
}

function setField(document: Document, group: YAMLMap, name: string, value: unknown): void {
  const node = document.createNode(value);
  const pair = pairOf(group, name);
  if (pair === undefined) {
    group.add(document.createPair(name, node));
    return;
  }
  const { value: old } = pair;
  if (isScalar(old) && isScalar(node)) Object.assign(node, { comment: old.comment, commentBefore: old.commentBefore, spaceBefore: old.spaceBefore });
  pair.value = node;
}

function removeField(document: Document, path: readonly string[], name: string, onlyEmpty: boolean): void {
  const group = groupAt(document, path);
  const pair = group && pairOf(group, name);
  if (group === undefined || pair === undefined) return;
  if (onlyEmpty && !(isMap(pair.value) && pair.value.items.length === 0)) return;
  group.items.splice(group.items.indexOf(pair), 1);
}

function groupAt(document: Document, path: readonly string[]): YAMLMap | undefined {
  let node: unknown = document.contents;
  for (const name of path) node = isMap(node) ? pairOf(node, name)?.value : undefined;
  return isMap(node) ? node : undefined;
}

/** The group at the path, made where it is missing or where something else stands. */
function openGroup(document: Document, path: readonly string[]): YAMLMap {
  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  let group = document.contents as unknown as YAMLMap;
  for (const name of path) {
    const found = pairOf(group, name)?.value;
    const inner = isMap(found) ? found : (document.createNode({}) as YAMLMap);
    if (inner !== found) setField(document, group, name, inner);
    group = inner;
  }
  return group;
}

/** Names that are written as numbers or truth values are names all the same. */
function pairOf(group: YAMLMap, name: string): Pair | undefined {
  return group.items.find(({ key }) => String(isScalar(key) ? (key.value ?? '') : key) === name);
}
