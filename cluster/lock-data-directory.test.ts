import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from './lock-data-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cameleer-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inUse = expect.objectContaining({ code: 'data_directory_in_use' });

test('is held once, and can be taken again after its release', () => {
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(inUse);
  lock.release();
  const second = lockDataDirectory(directory);
  lock.release();
  expect(() => lockDataDirectory(directory)).toThrow(inUse);
  second.release();
  expect(readdirSync(directory)).toEqual([]);
});

test('a killed holder is recognised; a running one is not, even in another process', async () => {
  const program = `import { lockDataDirectory } from '${join(import.meta.dirname, 'lock-data-directory.ts')}';
    try { lockDataDirectory(process.argv[1]); console.log('held'); } catch (error) { console.log(error.code); process.exit(); }
    setInterval(() => {}, 1000);`;
  const start = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, said: said.toString().trim() };
  };
  const first = await start();
  expect(first.said).toBe('held');
  expect((await start()).said).toBe('data_directory_in_use');
  expect(() => lockDataDirectory(directory)).toThrow(inUse);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  lockDataDirectory(directory).release();
});

test('a pid that another process has got meanwhile doesn’t hold it, nor does a damaged file', () => {
  for (const content of [JSON.stringify({ pid: process.pid, startTime: 'of another time' }), '', '{"pid":']) {
    writeFileSync(join(directory, 'control-plane.lock'), content);
    const lock = lockDataDirectory(directory);
    expect(JSON.parse(readFileSync(join(directory, 'control-plane.lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  }
  expect(existsSync(join(directory, 'control-plane.lock'))).toBe(false);
});

test('of many that start at once over a dead lock exactly one gets it', async () => {
  writeFileSync(join(directory, 'control-plane.lock'), JSON.stringify({ pid: 1, startTime: 'long ago' }));
  const program = `import { lockDataDirectory } from '${join(import.meta.dirname, 'lock-data-directory.ts')}';
    try { lockDataDirectory(process.argv[1]); console.log('held'); } catch (error) { console.log(error.code); }
    process.stdin.on('data', () => process.exit());`;
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', program, directory], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const said = await Promise.all(children.map(async (child) => String(((await once(child.stdout, 'data')) as [Buffer])[0]).trim()));
  for (const child of children) child.stdin.write('end\n');
  expect(said.filter((word) => word === 'held').length).toBe(1);
  expect(said.filter((word) => word === 'data_directory_in_use').length).toBe(5);
});
