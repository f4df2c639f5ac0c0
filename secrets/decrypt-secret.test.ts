import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEntries } from './decrypt-secret.ts';
import { readSopsFile } from './sops-leaves.ts';

const vector = readFileSync(join(import.meta.dirname, 'vectors/sops-3.13.2.yaml'), 'utf8');
/** The vector's data key (a random key of this one file; the age key that opened it is gone). */
const dataKey = Buffer.from('a45b274c245ab17ea652078ac41534aced79ec69cd025d22f5551669f70ea678', 'hex');

// Made by sops 3.13.2 from a file with comments, numbers, a float, a boolean, a null, an empty string and a key that YAML 1.1 takes for a boolean.
test('reads a file that stock sops wrote, and its MAC fits', () => {
  expect(readEntries(readSopsFile(vector), dataKey)).toEqual({ password: 'hunter two', empty: '', yes: 'no', multi: 'a\nb\n' });
});

test.each([
  ['the namespace', vector.replace('t-acme--dev', 't-acme--prod'), 'mac_mismatch'],
  ['a number', vector.replace('"n": 12', '"n": 13'), 'mac_mismatch'],
  ['the time of the write', vector.replace('2026-11-23T14:31:40Z', '2026-11-23T14:31:41Z'), 'mac_mismatch'],
  ['a removed entry', vector.replace(/^ {4}multi:.*\n/m, ''), 'mac_mismatch'],
  ['an entry emptied', vector.replace(/^ {4}multi:.*/m, '    multi: ""'), 'mac_mismatch'],
  ['a renamed entry', vector.replace('    password:', '    passphrase:'), 'value_tampered'],
  ['an entry in clear', vector.replace(/^ {4}multi:.*/m, '    multi: clear'), 'malformed'],
  ['no MAC', vector.replace(/^ {4}mac:.*\n/m, ''), 'mac_missing'],
  ['another crypt rule', vector.replace('^(data|stringData)$', '^stringData$'), 'malformed'],
])('refuses a change of %s', (_, text, code) => {
  expect(text).not.toBe(vector);
  expect(() => readEntries(readSopsFile(text), dataKey)).toThrow(expect.objectContaining({ code }));
});
