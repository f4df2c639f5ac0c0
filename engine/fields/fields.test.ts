import { array, assert, boolean, constantFrom, dictionary, integer, letrec, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { valueAt } from '../plan/field-changes.ts';
import { readValue } from '../plan/read-value.ts';
import { mergeFields, takeMine, type FieldEdit } from './merge-fields.ts';
import { writeFields } from './write-fields.ts';

/** Few names, so that the sides meet; some that are no plain words. */
const name = constantFrom('a', 'b', 'c/d', 'e~f', '1', 'true', 'toString', 'x y');
const scalar = oneof(constantFrom(null, true, 0, 1, 'x', '', '1', 'null', 'two\nlines'), integer({ min: 0, max: 3 }), string({ maxLength: 4 }));
const { group } = letrec<{ group: Record<string, unknown>; value: unknown }>((tie) => ({
  group: dictionary(name, tie('value'), { maxKeys: 3, depthIdentifier: 'group' }),
  value: oneof({ depthIdentifier: 'group', maxDepth: 3 }, scalar, array(scalar, { maxLength: 2 }), tie('group')),
}));

/** What the text reads back as: `1` and `"1"` are one name. */
const read = (text: string | undefined) => readValue(text);
const written = (text: string, edits: readonly FieldEdit[]) => writeFields('x.yaml', text, edits);

describe('the three-way merge of an object', () => {
  it('conflicts at the same fields whoever was first, or comes to the same', () => {
    const seen = { merged: 0, refused: 0 };
    assert(property(group, group, group, (base, theirs, mine) => {
      const [one, other] = [mergeFields(base, theirs, mine), mergeFields(base, mine, theirs)];
      expect(one.conflicts.map(({ pointer }) => pointer)).toEqual(other.conflicts.map(({ pointer }) => pointer));
      seen[one.conflicts.length > 0 ? 'refused' : 'merged'] += 1;
      if (one.conflicts.length > 0) return;
      const result = written(stringify(theirs), one.edits);
      expect(result).toBeDefined();
      expect(read(result)).toEqual(read(written(stringify(mine), other.edits)));
    }), { numRuns: 2_000 });
    expect(Math.min(seen.merged, seen.refused)).toBeGreaterThan(100);
  });

  it('takes any choice among its conflicts, and made again changes nothing', () => {
    assert(property(group, group, group, array(boolean(), { minLength: 20, maxLength: 20 }), (base, theirs, mine, choices) => {
      const { edits, conflicts } = mergeFields(base, theirs, mine);
      const mineAt = (index: number) => choices[index % choices.length] === true;
      const result = written(stringify(theirs), [...edits, ...conflicts.filter((_, index) => mineAt(index)).map(takeMine)]);
      expect(result).toBeDefined();
      const value = read(result);
      for (const [index, { pointer }] of conflicts.entries()) expect(valueAt(value, pointer)).toEqual(valueAt(read(stringify(mineAt(index) ? mine : theirs)), pointer));
      const all = written(stringify(theirs), [...edits, ...conflicts.map(takeMine)]) ?? '';
      const again = mergeFields(base, read(all), mine);
      expect(again.conflicts).toEqual([]);
      expect(written(all, again.edits)).toBe(all);
    }), { numRuns: 2_000 });
  });

  it('makes of the base what mine is, and nothing of what only others changed', () => {
    assert(property(group, group, (base, mine) => {
      const { edits, conflicts } = mergeFields(base, base, mine);
      expect(conflicts).toEqual([]);
      expect(read(written(stringify(base), edits))).toEqual(read(stringify(mine)));
      expect(mergeFields(base, mine, base)).toEqual({ edits: [], conflicts: [] });
    }), { numRuns: 1_000 });
  });
});

describe('writing fields into a text', () => {
  const texts = [
    '# top\na: 1 # why\nb: {c: 2} # flow\n', 'a: &x {b: 1}\nb: *x\n', 'a: &x {b: 1}\nb:\n  <<: *x\n', '1: one\ntrue: yes\n~: nothing\n', '? [p, q]\n: 1\na: 2\n', '- a\n- b\n', 'scalar\n', '', 'a: [', 'a: 1\na: 2\n', '!!set {a, b}\n', 'a: !custom {b: 1}\n', '--- a\n--- b\n', 'a:\n  b:\n',
  ];
  const edit = tuple(constantFrom<FieldEdit['do']>('set', 'remove', 'open', 'close'), constantFrom('', '/a', '/a/b', '/b/c', '/1', '/true', '/', '/b/c/d'), oneof(scalar, group));

  it('makes exactly what was meant or answers nothing, and throws nothing, whatever the text', () => {
    assert(property(constantFrom(...texts), array(edit, { maxLength: 4 }), (text, wanted) => {
      const result = written(text, wanted.map(([what, pointer, value]) => ({ do: what, pointer, value })));
      const [only, ...others] = wanted;
      const value = read(result);
      if (result === undefined || only === undefined || others.length > 0 || Array.isArray(value)) return;
      const [what, pointer, to] = only;
      const found = valueAt(value, pointer);
      if (what === 'set') expect(found).toEqual(read(stringify(to)));
      else if (what === 'open') expect(found).toBeTypeOf('object');
      else if (what === 'remove' && pointer !== '') expect(found).toBeUndefined();
    }), { numRuns: 3_000 });
  });

  it('keeps the comment of a line whose value it sets, and finds a name however it is written', () => {
    expect(written('# top\na: 1 # why\n"b": x # one\n', [{ do: 'set', pointer: '/a', value: 2 }, { do: 'set', pointer: '/b', value: 'y' }])).toBe('# top\na: 2 # why\n"b": y # one\n');
    expect(read(written('1: x\n', [{ do: 'set', pointer: '/1', value: 'y' }]))).toEqual({ 1: 'y' });
  });
});
