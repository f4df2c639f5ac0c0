import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger } from './index.ts';

test('an embedded ledger whose disk becomes read-only refuses writes and goes on to be read', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cameleer-read-only-'));
  await (await openLedger({ directory })).close();
  // The first is the one of the start.
  const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=utimensat', '-e', 'inject=utimensat:error=EROFS:when=2+'];
  const said = execFileSync('strace', [...strace, process.execPath, join(import.meta.dirname, 'testing/read-only.child.ts'), directory], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual(['not_writable', 'done', 'not_writable', 'done']);
  rmSync(directory, { recursive: true });
});
