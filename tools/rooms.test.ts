import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arrows, fences } from './rooms.ts';

const root = join(import.meta.dirname, '..');
let copy: string;
let verdicts: ReadonlyMap<string, string>;

interface Probe { readonly path: string; readonly source: string }

const arrowProbes = Object.entries(arrows).flatMap(([room, allowed]) => {
  const forbidden = Object.keys(arrows).find((other) => other !== room && !allowed.includes(other));
  return forbidden === undefined ? [] : [{ room, path: `${room}/arrow-probe.ts`, source: `import '../${forbidden}/index.ts';\n` }];
});
const fenceProbes = fences.map((fence, index) => ({
  name: fence.packages[0]!,
  outside: { path: `${Object.keys(arrows).find((room) => !fence.allowed.includes(room))!}/fence-probe-${index}.ts`, source: `import '${fence.packages[0]!}';\n` },
  inside: { path: `${fence.allowed[0]!}/fence-probe-${index}.ts`, source: `import '${fence.packages[0]!}';\n` },
}));

/** Lints all probes in one run: path → the messages' help texts. */
function lint(probes: readonly Probe[]): ReadonlyMap<string, string> {
  for (const { path, source } of probes) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), source);
  }
  const run = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format=json', ...probes.map((probe) => probe.path)], { cwd: copy, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: { filename: string; help?: string }[] };
  return new Map(probes.map(({ path }) => [path, diagnostics.filter((found) => found.filename === path).map((found) => found.help ?? '').join('\n')]));
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'cameleer-rooms-'));
  for (const entry of ['node_modules', 'tools', 'oxlint.config.ts', 'tsconfig.json', 'package.json']) symlinkSync(join(root, entry), join(copy, entry));
  verdicts = lint([...arrowProbes, ...fenceProbes.flatMap((probe) => [probe.outside, probe.inside])]);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('every room of the map exists and has a README', () => {
  for (const room of Object.keys(arrows)) expect(readdirSync(join(root, room)), room).toContain('README.md');
});

test.each(arrowProbes)('$room/ is refused an arrow that the map does not have', ({ room, path }) => {
  expect(verdicts.get(path)).toContain(`Arrow broken: ${room}/ may import only`);
});

test.each(fenceProbes)('$name is fenced', ({ outside, inside }) => {
  expect(verdicts.get(outside.path)).toContain('Fence broken: only');
  expect(verdicts.get(inside.path)).not.toContain('Fence broken');
});
