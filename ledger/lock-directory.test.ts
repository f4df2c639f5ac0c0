import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './lock-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cameleer-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Takes the lock, changes what it says, and leaves it there as a process would that died. */
async function leaveLock(changes: Record<string, unknown>): Promise<void> {
  const unlock = await lockDirectory(directory);
  const text = readFileSync(join(directory, 'lock'), 'utf8');
  await unlock();
  writeFileSync(join(directory, 'lock'), JSON.stringify({ ...(JSON.parse(text) as object), ...changes }));
}

test('the lock holds until it is given back', async () => {
  const unlock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'ledger_locked' });
  await unlock();
  await (await lockDirectory(directory))();
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  ['of a process that is gone', { pid: spawnSync(process.execPath, ['-e', '']).pid }],
  ['whose pid another process has now', { started: '1' }],
  ['from before the machine was started', { boot: 'earlier' }],
])('a lock %s is taken over', async (_, changes) => {
  await leaveLock(changes);
  await (await lockDirectory(directory))();
});

test('a lock of another machine, or an unreadable one, is respected', async () => {
  await leaveLock({ host: 'elsewhere', boot: 'other' });
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'ledger_locked' });
  writeFileSync(join(directory, 'lock'), '');
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'ledger_locked' });
});

test('of many that find a stale lock one gets it, and nothing is left behind', async () => {
  for (let round = 0; round < 20; round += 1) {
    await leaveLock({ started: '1' });
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => lockDirectory(directory)));
    const holders = results.filter((result) => result.status === 'fulfilled');
    expect(holders).toHaveLength(1);
    await holders[0]?.value();
    expect(readdirSync(directory)).toEqual([]);
  }
});

test('a holder that died while it took over is succeeded in turn', async () => {
  await leaveLock({ started: '1', id: 'first' });
  const text = readFileSync(join(directory, 'lock'), 'utf8');
  writeFileSync(join(directory, 'lock.after.first'), text.replace('first', 'second'));
  await (await lockDirectory(directory))();
  expect(readdirSync(directory)).toEqual([]);
});
