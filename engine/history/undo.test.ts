import { array, assert, constantFrom, dictionary, oneof, property, record, string, integer, option, tuple } from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { editYaml } from '../commit/edit-yaml.ts';
import { readValue } from '../plan/read-value.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import { undoStep } from './undo.ts';
import type { Undo } from './undo.ts';

const example = join(import.meta.dirname, '..', '..', 'tenants-example');
const paths = [
  'tenants/ac/acme/environments/dev/apps/orders.yaml', 'tenants/ac/acme/environments/prod/apps/orders.yaml', 'tenants/ac/acme/apps/orders/app.yaml',
  'tenants/ac/acme/tenant.yaml', 'tenants/in/initech/roles/support.yaml', 'tenants/in/initech/environments/prod/ingresses/claims.yaml', 'tiers/low.yaml', 'cells/local.yaml',
];
const texts = paths.map((path) => readFileSync(join(example, path), 'utf8'));
const ref: ObjectRef = { kind: 'AppDeployment', tenant: 'acme', environment: 'dev', name: 'orders' };

type Edit = { readonly path: readonly string[]; readonly value: unknown };

const scalar = oneof(string({ unit: 'grapheme', maxLength: 12 }), integer({ min: -5, max: 100_000 }), constantFrom(true, false, 'yes', 'null', '0x10', '1e3', ' spaced ', '# no comment', 'a: b', '- x', "it's", '"q"', 'two\nlines'));
const name = oneof(constantFrom('env', 'properties', 'toString', 'constructor', 'replicas', 'release', 'A', 'camel.main.name', 'a/b', 'a~b', '1', 'true', 'x y'), string({ minLength: 1, maxLength: 8 })).filter((text) => text !== '__proto__');
const value = oneof(scalar, array(scalar, { maxLength: 3 }), dictionary(name, scalar, { maxKeys: 3 }));
/** A field below `spec`, one or two levels deep, set or (undefined) taken away. */
const edit = record({ path: tuple(constantFrom('spec'), name, option(name, { nil: undefined })).map((parts) => parts.filter((part) => part !== undefined)), value: option(value, { nil: undefined }) });
const edits = array(edit, { minLength: 1, maxLength: 4 });
const text = constantFrom(...texts);

/** The same edit of plain data; an edit into something that is no group is none. */
function setIn(data: unknown, [first = '', ...rest]: readonly string[], to: unknown): unknown {
  const group: Record<string, unknown> = { ...(data as Record<string, unknown>) };
  if (rest.length > 0) group[first] = setIn(group[first] ?? {}, rest, to);
  else if (to === undefined) delete group[first];
  else group[first] = to;
  return group;
}

/** Whether the edit is one that a document takes: its groups are groups, and what is taken away is there. */
function fits(data: unknown, { path, value: to }: Edit): boolean {
  let at = data;
  for (const part of path.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return false;
    at = (at as Record<string, unknown>)[part];
    if (at === undefined) return to !== undefined;
  }
  return typeof at === 'object' && at !== null && !Array.isArray(at) && (to !== undefined || Object.hasOwn(at, path.at(-1) ?? ''));
}

function apply(source: string, made: readonly Edit[]): { readonly text: string; readonly value: unknown } {
  let expected = readValue(source);
  let result = source;
  for (const each of made) {
    if (!fits(expected, each)) continue;
    result = editYaml('x.yaml', result, (document) => {
      if (each.value === undefined) document.deleteIn(each.path);
      else document.setIn(each.path, document.createNode(each.value));
    });
    expected = setIn(expected, each.path, each.value);
  }
  return { text: result, value: expected };
}

function undo(before: string, after: string, current: string): string {
  const change: Undo = { ref, path: 'x.yaml', before, after, reset: false };
  const step = undoStep(change, current, 'revert');
  return step.kind === 'put' ? step.text : current;
}

/** Comments that stand on lines of their own, in order. */
function comments(source: string): string[] {
  return source.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('#'));
}

describe('an edit of an example object', () => {
  test('reads back as what was set', () => {
    assert(property(text, edits, (source, made) => {
      const edited = apply(source, made);
      expect(readValue(edited.text)).toEqual(edited.value);
    }), { numRuns: 300 });
  });

  test('keeps every comment that does not belong to what it takes away', () => {
    const sets = edits.map((made) => made.filter((each) => each.value !== undefined && each.path.length === 2));
    const holdsComments = (source: string, { path }: Edit) => typeof (readValue(source) as { spec: Record<string, unknown> }).spec[path[1] ?? ''] === 'object';
    assert(property(text, sets, (source, made) => {
      const edited = apply(source, made.filter((each) => !holdsComments(source, each)));
      expect(comments(edited.text)).toEqual(comments(source));
    }), { numRuns: 300 });
  });
});

describe('a revert', () => {
  test('followed by its own revert is the identity, byte by byte', () => {
    assert(property(text, edits, (source, made) => {
      const after = apply(source, made).text;
      const undone = undo(source, after, after);
      expect(undone).toBe(source);
      expect(undo(after, undone, undone)).toBe(after);
    }), { numRuns: 300 });
  });

  test('after later changes of other fields, followed by its own revert, is the identity', () => {
    assert(property(text, edits, edits, (source, made, later) => {
      const after = apply(source, made);
      const touched = new Set(made.map(({ path }) => path[1]));
      const current = apply(after.text, later.filter(({ path }) => !touched.has(path[1])));
      const undone = undo(source, after.text, current.text);
      // What the later changes did is there, and what the reverted one did is not.
      const wanted = apply(source, later.filter(({ path }) => !touched.has(path[1]))).value;
      expect(readValue(undone)).toEqual(wanted);
      expect(undo(current.text, undone, undone)).toBe(current.text);
    }), { numRuns: 300 });
  });
});
