import { join } from 'node:path';
import { assert, constantFrom, double, nat, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFolder } from '../read-folder.ts';
import { plainPosition } from './plain-position.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { Positions } from './positions.ts';

const files = await readFolder(join(import.meta.dirname, '../../tenants-example'));
const texts = files.filter((file) => file.path.endsWith('.yaml')).map((file) => Buffer.from(file.bytes ?? []).toString('utf8'));

/** Every pointer, and whether names of fields alone lead there. */
function pointersOf(value: unknown, at = '', byNames = true): { readonly pointer: string; readonly byNames: boolean }[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [{ pointer: at, byNames }, ...inner.flatMap(([name, each]) => pointersOf(each, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, byNames && !Array.isArray(value)))];
}

function agrees(text: string): void {
  const read = readPlainYaml(text);
  if (read === undefined) return;
  const positions = new Positions(text);
  for (const { pointer, byNames } of [...pointersOf(read.value), { pointer: '/spec/no/such', byNames: false }]) {
    const quick = plainPosition(text, pointer);
    if (byNames || quick !== undefined) expect({ ...quick, pointer }, `${pointer} of ${text}`).toEqual(positions.locate(pointer));
  }
}

describe('positions in plain YAML', () => {
  test('are where the library finds them: of every field that no list is on the way to', () => {
    for (const text of texts) agrees(text);
  });

  test('also with some characters changed', () => {
    const piece = constantFrom(' ', '  ', '\n', '\n  ', '\n    ', '- ', ': ', ' #', '# x\n', '"', '|\n', '[a]', 'spec:', 'a:\n', '\n\n');
    const damage = record({ text: constantFrom(...texts), at: double({ min: 0, max: 1, noNaN: true }), cut: nat(6), piece: option(piece, { nil: '' }) });
    assert(property(damage, ({ text, at, cut, piece: put }) => {
      const start = Math.floor(at * text.length);
      agrees(text.slice(0, start) + put + text.slice(start + cut));
    }), { numRuns: 2000 });
  });
});
