import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFolder } from '../read-folder.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { readDocument } from './yaml.ts';

const files = await readFolder(join(import.meta.dirname, '../../tenants-example'));
const texts = files.filter((file) => file.path.endsWith('.yaml')).map((file) => Buffer.from(file.bytes ?? []).toString('utf8'));

/** What is read quickly must be read by the library, without errors and warnings, to the same value. */
function agrees(text: string): void {
  const quick = readPlainYaml(text);
  if (quick === undefined) return;
  const document = readDocument(text);
  expect([text, ...document.errors.map(String), ...document.warnings.map(String)]).toEqual([text]);
  expect(quick.value, text).toEqual(document.toJS({ maxAliasCount: 0 }));
}

describe('plain YAML', () => {
  test('is what nearly all objects are written in', () => {
    const quick = texts.filter((text) => readPlainYaml(text) !== undefined);
    for (const text of texts) agrees(text);
    expect(quick.length / texts.length).toBeGreaterThan(0.9);
  });

  test('reads as the library reads it, also with some characters changed', () => {
    const piece = fc.constantFrom(' ', '  ', '\n', '\n  ', '\n    ', '-', '- ', ':', ': ', '#', ' #', '"', "'", '|', '|-', '>', '[', ']', '{', '}', ',', '&a', '*a', '!', '!!str ', '~', 'null', 'true', 'No', '0', '0x1', '1e3', '.5', '1_0', '-0', '%', '@', '`', '?', '? ', '---', '...', '<<', '\t', 'é', '=');
    const damage = fc.record({ text: fc.constantFrom(...texts), at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(6), piece: fc.option(piece, { nil: '' }) });
    fc.assert(
      fc.property(damage, ({ text, at, cut, piece: put }) => {
        const start = Math.floor(at * text.length);
        agrees(text.slice(0, start) + put + text.slice(start + cut));
      }),
      { numRuns: 2000 },
    );
  });

  // So few that a slow reader is noticed and not waited for: the time of the first doubled with each line.
  test.each([
    ['comments before a letter that is not read here', `${'# x\n'.repeat(27)}a: "é"\n`],
    ['letters after a digit', `a: 1${'a'.repeat(50_000)}!\n`],
    ['letters and colons after a digit', `a: 1${'a:'.repeat(25_000)}\n`],
  ])('gives up on %s at once', (_what, text) => {
    const began = process.cpuUsage();
    expect(readPlainYaml(text)).toBeUndefined();
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(500);
  });

  test('reads any value that is written by the library', () => {
    const word = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('true', '1e5', '0x1f', '4.18.0', '512Mi', 'a: b', 'a #b', '12e3f', 'x:', '- a', 'a\nb\n', 'a\n\nb', ' a', '0b1', '1:30', '1:30h', '2026-02-02T09:10:00Z', '1h:', 'NaN', '.inf'), fc.integer(), fc.boolean(), fc.double({ noNaN: true }));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, word, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z]{1,4}$/), fc.string({ maxLength: 4 })), tie('value'), { maxKeys: 3 })),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value, { minKeys: 1, maxKeys: 4 }), (object) => {
        agrees(stringify(object, { lineWidth: 0 }));
        agrees(stringify(object, { lineWidth: 0, indentSeq: false }));
      }),
      { numRuns: 500 },
    );
  });
});
