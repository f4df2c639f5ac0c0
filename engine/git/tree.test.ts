import { array, assert, constantFrom, dictionary, option, property, record, string, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { encodeTree, FILE_MODE, findEntry, parseTree, spliceEntries, TREE_MODE } from './tree.ts';
import type { TreeEntry } from './tree.ts';

// Names that are each other's beginnings, in which a folder and a file sort differently, and which look like entries themselves.
const name = constantFrom('a', 'a.b', 'a0', 'a-b', 'aa', 'b', 'é', '\u{1f600}', 'a b', '40000 a', '100644 a', 'ab', 'a/b'.replace('/', '!'), 'tenant.yaml');
const entry = record({
  mode: constantFrom(FILE_MODE, TREE_MODE, '100755', '120000', '160000'),
  oid: uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
});
const folder = dictionary(name, entry);
const edits = dictionary(name, option(entry)).map((found) => new Map(Object.entries(found)));

function encode(entries: Readonly<Record<string, TreeEntry>>): Buffer {
  return encodeTree(Object.entries(entries).map(([key, { mode, oid }]) => ({ name: key, mode, oid })));
}

test('an entry is found where parsing finds it, whatever the names and ids hold', () => {
  assert(property(folder, name, (entries, wanted) => {
    expect(findEntry(encode(entries), wanted)).toEqual(entries[wanted]);
  }));
});

test('splicing gives the tree of the edited entries', () => {
  assert(property(folder, edits, (entries, changes) => {
    const edited = Object.entries({ ...entries, ...Object.fromEntries(changes) }).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
    expect(spliceEntries(encode(entries), changes)).toEqual(encode(Object.fromEntries(edited)));
  }), { numRuns: 1_000 });
});

test('a tree that is in no order is edited all the same', () => {
  assert(property(folder, edits, (entries, changes) => {
    const shuffled = Buffer.concat(parseTree(encode(entries)).reverse().map((each) => encodeTree([each])));
    const sorted = parseTree(spliceEntries(shuffled, changes)).map((each) => each.name).sort();
    expect(sorted).toEqual(parseTree(spliceEntries(encode(entries), changes)).map((each) => each.name).sort());
  }));
});

test('bytes that are no tree are refused or read as one, and nothing else happens', () => {
  assert(property(uint8Array({ maxLength: 80 }), string(), array(name), (raw, wanted, names) => {
    for (const work of [() => findEntry(raw, wanted), () => spliceEntries(raw, new Map(names.map((each) => [each, null]))), () => parseTree(raw)]) {
      try {
        work();
      } catch (error) {
        expect(error).toMatchObject({ code: 'object_corrupt' });
      }
    }
  }));
});
