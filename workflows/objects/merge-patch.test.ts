import { array, assert, boolean, dictionary, integer, oneof, property, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { mergePatch, replaceWith } from './merge-patch.ts';

const json = dictionary(stringMatching(/^[a-z]{1,4}$/), oneof(integer(), boolean(), stringMatching(/^[ -~]{0,8}$/), array(integer(), { maxLength: 3 }), dictionary(stringMatching(/^[a-z]{1,3}$/), integer())));

describe('a merge patch on a document', () => {
  it('keeps comments, order and quoting of what it leaves alone', () => {
    const document = parseDocument('# top\nspec:\n  release: "v1" # why\n  env:\n    B: "2"\n    A: "1"\n');
    mergePatch(document, { spec: { env: { A: null, C: '3' }, replicas: 2 } });
    expect(document.toString()).toBe('# top\nspec:\n  release: "v1" # why\n  env:\n    B: "2"\n    C: "3"\n  replicas: 2\n');
  });

  it('makes a map where a scalar was', () => {
    const document = parseDocument('a: 1\n');
    mergePatch(document, { a: { b: 2 } });
    expect(document.toJS()).toEqual({ a: { b: 2 } });
  });

  it('reaches any wanted object from any other', () => {
    assert(
      property(json, json, (before, after) => {
        const document = parseDocument(stringify(before));
        replaceWith(document, after);
        expect(parseDocument(document.toString()).toJS() ?? {}).toEqual(after);
      }),
      { numRuns: 100 },
    );
  });
});
