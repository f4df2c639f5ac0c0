import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { emitYaml, type YamlValue } from './emit.ts';

const tricky = [
  '', ' ', 'true', 'True', 'no', 'NO', 'y', 'off', 'null', '~', '1', '01', '0x1f', '0o7', '1e3', '.5', '-1', '+1', '1_000', '12:30:45', '2026-01-01',
  '2026-01-01T00:00:00Z', '.inf', '.nan', '=', '<<', '-', '- a', '? a', ': a', 'a: b', 'a:', 'a #b', '#a', '!tag', '&a', '*a', '|', '>', '%a', '@a', '`a',
  '{a', '[a', ']', '}', ',', "'", '"', '\\', 'a\nb', 'a\n', '\na', 'a\n\n', ' a\nb', 'a\n  b', 'a\n \nb', 'a \nb', 'a\tb', 'a\r\nb', 'é', '日本', '😀', '\u2028',
  '\u0085', '\u007f', '\ufeff', '\u0000', '---', '...', '--- a\n...', 'a\rb', 'a\r', '\u2029', 'a\u2028---\u2028kind: x', 'a\n---\nb', '\ufffe', '- a\n\tb', '1.0', '1Mi', '10m', '5s', '1e5m', 'a b', 'a  b', 'v1', '__proto__',
];
const text = fc.oneof(fc.constantFrom(...tricky), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }).map((s) => s.toWellFormed()));
const value = fc.letrec<{ value: YamlValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 }, text, fc.boolean(), fc.constant(null), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(text.filter((key) => key !== '__proto__'), tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('what is emitted parses back equal, as YAML 1.2 and as the YAML 1.1 that Kubernetes reads', () => {
  fc.assert(fc.property(value, (original) => {
    const emitted = emitYaml(original);
    expect(parse(emitted)).toEqual(original);
    expect(parse(emitted, { version: '1.1', merge: false })).toEqual(original);
  }), { numRuns: 2_000 });
});

test('no character of a value stands where a YAML reader could take it for a line break or refuse it', () => {
  fc.assert(fc.property(fc.array(text, { minLength: 1 }), (texts) => {
    const emitted = emitYaml(Object.fromEntries(texts.map((one, index) => [`k${index}`, { [one]: one }])));
    expect(emitted).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\ufeff\ufffe\uffff]/u);
    for (const line of emitted.split('\n')) expect(line).toMatch(/^$|^ *k\d+:|^ {2}/);
  }), { numRuns: 1_000 });
});

test.each(tricky)('the string %j stays a string', (string) => {
  for (const version of ['1.1', '1.2'] as const) expect(parse(emitYaml({ a: string, b: [string] }), { version })).toEqual({ a: string, b: [string] });
});

test('is readable', () => {
  expect(emitYaml({ apiVersion: 'v1', metadata: { name: 'a', labels: {} }, spec: { args: [], ports: [{ name: 'http', port: 80 }, 'x'], text: 'a\nb\n' } })).toBe(
    'apiVersion: v1\nmetadata:\n  name: a\n  labels: {}\nspec:\n  args: []\n  ports:\n    - name: http\n      port: 80\n    - x\n  text: |\n    a\n    b\n',
  );
});

test('a number that is not finite is the caller’s bug', () => {
  expect(() => emitYaml({ a: Number.NaN })).toThrow(TypeError);
});
