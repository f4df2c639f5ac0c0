import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { join } from 'node:path';
import { lockDataDirectory, type LocalRunner } from '../cluster/index.ts';
import type { Cells } from './cells.ts';
import { runCells, type CellsInTurn } from './run-cells.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cameleer-run-cells-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const said: string[] = [];
const runner = (name: string) => ({ close: () => Promise.resolve(void said.push(`${name} stopped`)) }) as unknown as LocalRunner;
const cells = { close: () => Promise.resolve() } as unknown as Cells;

function take() {
  try {
    return lockDataDirectory(folder, 'runner.lock');
  } catch {
    return undefined;
  }
}

function run(name: string, open: () => Promise<LocalRunner> = () => Promise.resolve(runner(name))): Promise<CellsInTurn> {
  return runCells({ take, open, follow: () => cells, onTaken: () => said.push(`${name} took over`), onError: () => said.push(`${name} failed`), milliseconds: 10 });
}

test('one runs the cells, and another one once the first has ended; what fails is tried again', async () => {
  const first = await run('first');
  let failing = true;
  const second = await run('second', () => (failing ? Promise.reject(new Error('no disk')) : Promise.resolve(runner('second'))));
  expect([first.now(), second.now()]).toEqual([cells, undefined]);
  await first.close({ keepPods: true });
  await vi.waitFor(() => expect(said).toContain('second failed'));
  failing = false;
  await vi.waitFor(() => expect(second.now()).toBe(cells));
  await second.close({ keepPods: false });
  expect(said.filter((each) => each !== 'second failed')).toEqual(['first stopped', 'second took over', 'second stopped']);
  take()?.release();
});

test('what fails at once stops the start, and gives the right back', async () => {
  await expect(run('broken', () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  const right = take();
  expect(right).toBeDefined();
  right?.release();
});
