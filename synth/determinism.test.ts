import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFolder } from './testing/example-state.ts';

const script = join(import.meta.dirname, 'testing/print-digest.ts');
let elsewhere: string;
beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), 'synth-'));
  cpSync(exampleFolder, join(elsewhere, 'a copy'), { recursive: true });
});
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

function digest(folder: string, order: string, env: Readonly<Record<string, string>>): string[] {
  return execFileSync(process.execPath, [script, folder, order], { encoding: 'utf8', cwd: elsewhere, env: { PATH: process.env['PATH'], ...env } }).trim().split(' ');
}

test('two syntheses in another tenant order, folder, time zone and locale are byte-identical', () => {
  const here = digest(exampleFolder, 'forward', { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' });
  const there = digest(join(elsewhere, 'a copy'), 'backward', { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' });
  expect(here.slice(1)).not.toEqual(there.slice(1));
  expect(there[0]).toBe(here[0]);
});
