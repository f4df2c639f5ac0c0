import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from './lock-data-directory.ts';

let directory: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cameleer-lock-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const inUse = expect.objectContaining({ code: 'data_directory_in_use' });

test('is held once, and can be taken again after its release', () => {
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(inUse);
  lock.release();
  const second = lockDataDirectory(directory);
  lock.release();
  expect(() => lockDataDirectory(directory)).toThrow(inUse);
  second.release();
});

test('a directory that can not be made is told apart from one in use', () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  expect(() => lockDataDirectory(join(file, 'var'))).toThrow(expect.objectContaining({ code: 'data_directory_unusable' }));
});

test('a killed holder is recognised; a running one is not, even in another process', async () => {
  const program = `import { lockDataDirectory } from '${join(import.meta.dirname, 'lock-data-directory.ts')}';
    try { lockDataDirectory(process.argv[1]); gc(); console.log('held'); } catch (error) { console.log(error.code); process.exit(); }
    setInterval(() => {}, 1000);`;
  const start = async () => {
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
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

test('of many that start at once exactly one gets it', async () => {
  const program = `import { lockDataDirectory } from '${join(import.meta.dirname, 'lock-data-directory.ts')}';
    try { lockDataDirectory(process.argv[1]); console.log('held'); } catch (error) { console.log(error.code); }
    process.stdin.on('data', () => process.exit());`;
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', program, directory], { stdio: ['pipe', 'pipe', 'inherit'] }));
  started.push(...children);
  const said = await Promise.all(children.map(async (child) => String(((await once(child.stdout, 'data')) as [Buffer])[0]).trim()));
  for (const child of children) child.stdin.write('end\n');
  expect(said.filter((word) => word === 'held').length).toBe(1);
  expect(said.filter((word) => word === 'data_directory_in_use').length).toBe(5);
});
