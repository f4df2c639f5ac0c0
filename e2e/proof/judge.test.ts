import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Attempt } from './writers.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-judge-'));
const paths = new Map([['a.yaml', 'a'], ['b.yaml', 'b']]);
const git = (...args: readonly string[]) => execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@acme.example', ...args], { encoding: 'utf8' }).trim();
const blob = (commit: string, file: string) => git('rev-parse', `${commit}:${file}`);
let start = '';
let first: Attempt;
let second: Attempt;

function describe(object: string, token: string): string {
  writeFileSync(join(folder, `${object}.yaml`), `spec:\n  displayName: ${object}\n  description: ${token}\n`);
  git('add', '.');
  git('commit', '--quiet', '--message', token);
  return git('rev-parse', 'HEAD');
}

beforeAll(() => {
  git('init', '--quiet', '--initial-branch=main');
  describe('a', 'none');
  start = describe('b', 'none');
  const one = describe('a', 'w1');
  const two = describe('b', 'w2');
  first = { object: 'a', token: 'w1', outcome: 'acknowledged', commit: one, replaced: blob(start, 'a.yaml'), reason: '200' };
  second = { object: 'b', token: 'w2', outcome: 'acknowledged', commit: two, replaced: blob(start, 'b.yaml'), reason: '200' };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('finds nothing wrong with what was said and done', () => {
  const unknown: Attempt = { ...first, token: 'w3', outcome: 'unknown', reason: 'no answer' };
  expect(judge(folder, paths, [first, second, unknown])).toEqual({ acknowledged: 2, refused: 0, unknown: 1, unknownDone: 0, faults: [] });
});

test.each<[string, () => readonly Attempt[]]>([
  ['is not there', () => [first, second, { ...first, token: 'w4' }]],
  ['refused, and is there', () => [first, { ...second, outcome: 'refused' }]],
  ['not as', () => [first, { ...second, commit: start }]],
  ['had not read', () => [first, { ...second, replaced: first.replaced.replaceAll(/./g, '1') }]],
  ['nobody asked for', () => [first]],
])('finds what %s', (fault, attempts) => {
  const { faults } = judge(folder, paths, attempts());
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(fault);
});

test('finds what was done twice', () => {
  git('checkout', '--quiet', '-b', 'other');
  describe('a', 'w5');
  describe('a', 'w1');
  git('branch', '-M', 'main');
  const between: Attempt = { ...first, token: 'w5', outcome: 'unknown', replaced: blob('HEAD~2', 'a.yaml') };
  expect(judge(folder, paths, [first, second, between]).faults).toEqual([expect.stringContaining('done 2 times')]);
});
