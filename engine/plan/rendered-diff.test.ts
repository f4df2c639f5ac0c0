import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderedDiff } from './rendered-diff.ts';

function variables(name: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `- name: ${name}${at}\n  value: "${at}"\n`).join('');
}

/** What git makes of the one text with the difference. */
function applied(before: string, diff: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-diff-'));
  try {
    writeFileSync(join(folder, 'file'), before);
    execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder, input: `--- a/file\n+++ b/file\n${diff}` });
    return readFileSync(join(folder, 'file'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const long = variables('OLD', 20_000);

test.each([
  ['a line of a long text', long, long.replace('OLD7\n', 'NEW\n'), /^@@ -12,7 \+12,7 @@\n/],
  ['all of a short text', variables('OLD', 20), variables('NEW', 20), /^@@ -1,40 \+1,40 @@\n/],
  ['all of a long text, which would take a minute line by line', long, variables('NEW', 20_000), /^@@ -1,40000 \+1,40000 @@\n/],
  ['a long text that comes', '', long, /^@@ -0,0 \+1,40000 @@\n/],
])('git makes the one text of the other: %s', (_what, before, after, begin) => {
  const diff = renderedDiff({ path: 'deployment.yaml', before, after } as Parameters<typeof renderedDiff>[0], undefined);
  expect(diff).toMatch(begin);
  if (before !== '') expect(applied(before, diff)).toBe(after);
});
