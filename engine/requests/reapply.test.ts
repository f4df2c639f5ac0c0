import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { array, assert, asyncProperty, boolean, constantFrom, dictionary, integer, oneof, pre, record, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { editYaml } from '../commit/edit-yaml.ts';
import { splitPointer } from '../plan/field-changes.ts';
import { readValue } from '../plan/read-value.ts';
import { refOfPath } from '../../schemas/index.ts';
import type { EngineDraft } from '../commit/engine-draft.ts';
import { reapply } from './reapply.ts';

const example = join(import.meta.dirname, '..', '..', 'tenants-example');
const paths = [
  'tenants/ac/acme/environments/prod/apps/orders.yaml', 'tenants/in/initech/environments/prod/apps/claims.yaml', 'tenants/in/initech/environments/prod/environment.yaml',
  'tenants/in/initech/settings.yaml', 'tenants/ac/acme/apps/orders/app.yaml', 'platform.yaml',
];
const originals = new Map(paths.map((path) => [path, readFileSync(join(example, path), 'utf8')]));

/** Files in memory, as a draft shows them. */
class Files {
  readonly texts: Map<string, string | undefined>;
  constructor(texts: ReadonlyMap<string, string | undefined>) {
    this.texts = new Map(texts);
  }
  text(path: string): Promise<string | undefined> {
    return Promise.resolve(this.texts.get(path));
  }
  set(path: string, text: string | undefined): void {
    this.texts.set(path, text);
  }
  editAt(path: string, change: Parameters<typeof editYaml>[2]): Promise<void> {
    this.texts.set(path, editYaml(path, this.texts.get(path) ?? '', change));
    return Promise.resolve();
  }
}

async function applied(on: string | undefined, from: string | undefined, to: string | undefined, path: string): Promise<{ text: string | undefined; fields: string[] }> {
  const files = new Files(new Map([[path, on]]));
  const { conflicts } = await reapply(files as unknown as EngineDraft, [{ path, ref: refOfPath(path), before: from, after: to }]);
  return { text: files.texts.get(path), fields: conflicts.flatMap(({ fields }) => fields.map(({ pointer }) => pointer)) };
}

const value = oneof(integer(), boolean(), stringMatching(/^[a-z ]{0,6}$/), array(integer(), { maxLength: 2 }), dictionary(stringMatching(/^[ab]$/), integer(), { maxKeys: 2 }));
/** An edit of some field that the object has, or of a new one beside it; both sides often meet at the same. */
const edit = record({ at: integer({ min: 0, max: 60 }), name: constantFrom(undefined, undefined, 'a', 'b', 'c/d~e'), value: oneof(value, constantFrom(undefined)) });

interface Edit {
  readonly at: number;
  readonly name: string | undefined;
  readonly value: unknown;
}

function pointersOf(plain: unknown, pointer = ''): string[] {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return [pointer];
  return [...(pointer === '' ? [] : [pointer]), ...Object.entries(plain).flatMap(([name, inner]) => pointersOf(inner, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`))];
}

const change = oneof({ weight: 9, arbitrary: array(edit, { minLength: 1, maxLength: 3 }) }, { weight: 1, arbitrary: constantFrom('delete' as const) });

function changed(base: string, wanted: readonly Edit[] | 'delete'): string | undefined {
  if (wanted === 'delete') return undefined;
  return editYaml('x', base, (document) => {
    for (const { at, name, value: after } of wanted) {
      const pointers = pointersOf(document.toJS());
      const path = splitPointer(pointers[at % pointers.length] ?? '/spec');
      const target = name === undefined ? path : [...path.slice(0, -1), name];
      if (after === undefined) document.deleteIn(target);
      else document.setIn(target, document.createNode(after));
    }
  });
}

describe('reapplying what two people changed of the same object', () => {
  it.each(paths)('conflicts by the same fields in either order, or commutes: %s', async (path) => {
    const base = originals.get(path) ?? '';
    const seen = { merged: 0, refused: 0 };
    await assert(
      asyncProperty(change, change, async (one, other) => {
        const [mine, theirs] = [changed(base, one), changed(base, other)];
        pre(mine !== base && theirs !== base);
        const [first, second] = [await applied(theirs, base, mine, path), await applied(mine, base, theirs, path)];
        expect(first.fields).toEqual(second.fields);
        seen[first.fields.length > 0 ? 'refused' : 'merged'] += 1;
        if (first.fields.length > 0) expect([first.text, second.text]).toEqual([theirs, mine]);
        else expect(readValue(first.text)).toEqual(readValue(second.text));
      }),
      { numRuns: 150 },
    );
    expect(Math.min(seen.merged, seen.refused)).toBeGreaterThan(10);
  });

  it('puts the whole text where nobody else changed the file, and keeps the comments of both where others did', async () => {
    const [path] = paths;
    const base = originals.get(path ?? '') ?? '';
    const mine = base.replace(/replicas: \d+/, 'replicas: 7 # mine');
    expect((await applied(base, base, mine, path ?? '')).text).toBe(mine);
    const theirs = `# theirs\n${base.replace('spec:\n', 'spec:\n  # theirs as well\n')}`;
    const both = await applied(theirs, base, mine, path ?? '');
    expect(both.text).toBe(theirs.replace(/replicas: \d+/, 'replicas: 7'));
    expect(parseDocument(both.text ?? '').errors).toEqual([]);
  });

  it('takes an encrypted file whole', async () => {
    const path = 'tenants/in/initech/environments/prod/secrets/claims-db.yaml';
    const base = readFileSync(join(example, path), 'utf8');
    const conflict = await applied(base.replace(/username: .*/, 'username: ENC[theirs]'), base, base.replace(/password: .*/, 'password: ENC[mine]'), path);
    expect(conflict.fields).toEqual(['']);
  });
});
