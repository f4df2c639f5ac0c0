import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { memoryIo } from '../cli/testing/memory-io.ts';
import { arrows } from '../tools/rooms.ts';
import { explanations } from '../workflows/doctor/findings.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rooms = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'README.md'))).map(({ name }) => `${name}/README.md`);
const pages = [...new Set(['README.md', ...rooms, ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)])];

test('the list of rooms in concepts.md is the one that the linter enforces, and each has its folder and README', () => {
  const [, block = ''] = /## Rooms of the code\n\n```\n([\s\S]*?)```/.exec(read('docs/concepts.md')) ?? [];
  const named = block.split('\n').flatMap((line) => line.split(/ {2,}/)[0]!.split(' ')).filter((name) => name !== '').map((name) => name.replace('/', ''));
  expect(named.toSorted()).toEqual(Object.keys(arrows).toSorted());
  expect(named.filter((room) => !existsSync(join(root, room, 'README.md')))).toEqual([]);
});

describe.each(pages)('%s', (page) => {
  const text = read(page);

  test('what it links to exists', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  test('the npm scripts that it names exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
    const named = [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, script, short]) => (script ?? short)!);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('the verbs of `cameleer` that it names exist, with the options that they are given', async () => {
    // `rollback acme/orders --env dev` → the help of `rollback`; a word that is no verb there is a sentence about cameleer.
    const commands = [...text.matchAll(/(?:npx cameleer|`cameleer) ([^`\n#>]+)/g)].map(([, words]) => words!.trim().split(/\s+/));
    for (const words of commands) {
      const verb = words.slice(0, words.findIndex((word) => !/^[a-z]+$/.test(word)) >>> 0).slice(0, ['prove', 'audit', 'config', 'cell', 'backup', 'request', 'people'].includes(words[0]!) ? 2 : 1);
      const memory = memoryIo();
      expect(await run([...verb, '--help'], memory.io), words.join(' ')).toBe(0);
      const help = memory.out();
      expect(help, words.join(' ')).toContain(`Usage: cameleer ${verb.join(' ')}`.trimEnd());
      expect(words.filter((word) => word.startsWith('--') && !help.includes(word.split('=')[0]!) && word !== '--help'), words.join(' ')).toEqual([]);
    }
  });
});

test('operations.md documents the variables that the control plane reads, and no others', () => {
  const documented = new Set([...read('docs/operations.md').matchAll(/^\| `(CAMELEER_\w+)`/gm)].map(([, name]) => name!));
  const known = new Set([...`${read('api/config.ts')}${read('api/git-host-config.ts')}`.matchAll(/'(CAMELEER_\w+)'/g)].map(([, name]) => name!));
  expect([...documented].toSorted()).toEqual([...known].toSorted());
});

test('upkeep.md names every finding of the doctor', () => {
  const named = new Set([...read('docs/upkeep.md').matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code!));
  expect(Object.keys(explanations).filter((code) => !named.has(code))).toEqual([]);
});

test('each kept output of a bench begins with its command, which bench/README.md has', () => {
  const commands = [...read('bench/README.md').matchAll(/`node (bench\/\w+\.ts)[^`]*`/g)].map(([, script]) => script!);
  expect(commands.filter((script) => !existsSync(join(root, script)))).toEqual([]);
  const outputs = readdirSync(join(root, 'bench/results')).map((name) => ({ name, script: /^node (bench\/\w+\.ts)/.exec(read(`bench/results/${name}`))?.[1] ?? '' }));
  expect(outputs.filter(({ script }) => !commands.includes(script))).toEqual([]);
});
