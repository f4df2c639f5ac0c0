import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './lock-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cameleer-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const locked: unknown = expect.objectContaining({ code: 'ledger_locked' });

test('the lock holds until it is given back, within one process too', () => {
  const unlock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(locked);
  unlock();
  lockDirectory(directory)();
});

test('another process is refused while the holder lives, and not when it was killed', async () => {
  const script = `import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, 'lock-directory.ts'))};
    lockDirectory(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  expect(() => lockDirectory(directory)).toThrow(locked);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDirectory(directory)();
});
