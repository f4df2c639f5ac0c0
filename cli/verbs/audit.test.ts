import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readStateKey, signSsh } from '../../engine/index.ts';
import { key, makeFixture, type Fixture } from '../../engine/testing/fixture.ts';
import { run } from '../run.ts';
import { memoryIo } from '../testing/memory-io.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture(2);
  await (await fixture.open()).close();
  writeFileSync(join(fixture.folder, 'signers'), `# taken on the first day\nplatform@noreply.cameleer.io namespaces="git" ${key.public}\n`);
});
afterEach(() => fixture.remove());

async function cameleer(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const memory = memoryIo({ cwd: fixture.folder });
  const code = await run(argv, memory.io);
  return { code, out: memory.out(), err: memory.err() };
}

test('verify passes, keeps an anchor, and fails on a repository that went back', async () => {
  const first = await cameleer('audit', 'verify', 'state.git', '--keys', 'signers', '--anchor', 'anchor.json');
  expect(first.out).toContain('as it should be');
  expect(first.code).toBe(0);
  const anchor = readFileSync(join(fixture.folder, 'anchor.json'), 'utf8');
  const other = fixture.git(['commit-tree', 'main^{tree}', '-m', 'Begin again']);
  fixture.git(['update-ref', 'refs/heads/main', other]);
  const { code, out } = await cameleer('audit', 'verify', 'state.git', '--root-key', key.public, '--anchor', 'anchor.json', '--json');
  const found = JSON.parse(out) as { ok: boolean; findings: { code: string; commit: string }[] };
  expect([code, found.ok]).toEqual([1, false]);
  expect(found.findings.map((finding) => finding.code)).toEqual(expect.arrayContaining(['main_rewound', 'source_unknown']));
  expect(readFileSync(join(fixture.folder, 'anchor.json'), 'utf8')).toBe(anchor);
});

test('verify since a commit or a time says what it checked, and fails otherwise where it can not prove all of it', async () => {
  const main = fixture.git(['rev-parse', 'main']);
  const since = await cameleer('audit', 'verify', 'state.git', '--keys', 'signers', '--since', main);
  expect(since.code).toBe(0);
  expect(since.out).toContain(`after ${main} up to ${main}; that commit and the 0 before it are taken as given`);
  expect((await cameleer('audit', 'verify', 'state.git', '--keys', 'signers', '--since', '2020-01-01')).out).toContain('the whole history up to');
  expect((await cameleer('audit', 'verify', 'state.git', '--keys', 'signers', '--since', '1'.repeat(40))).err).toContain('not_found');
  expect((await cameleer('audit', 'verify', 'state.git', '--keys', 'signers', '--since', 'yesterday')).code).toBe(2);
  const unsigned = fixture.git(['cat-file', 'commit', 'cells/local']).replace(/^gpgsig [^]*?END SSH SIGNATURE-----\n/m, '');
  const older = `${unsigned.replace(/Synth-Version: .*/, 'Synth-Version: 1')}\n`;
  const signature = signSsh(Buffer.from(older), readStateKey(key.private)).trimEnd().replaceAll('\n', '\n ');
  const id = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], older.replace('\n\n', `\ngpgsig ${signature}\n\n`));
  fixture.git(['update-ref', 'refs/heads/cells/local', id]);
  const unproved = await cameleer('audit', 'verify', 'state.git', '--keys', 'signers');
  expect(unproved.code).toBe(6);
  expect(unproved.out).toContain('NOT PROVED');
  expect(unproved.out).not.toContain('as it should be');
});

test('verify refuses to run without keys, with a file that holds none, and outside of a repository', async () => {
  expect((await cameleer('audit', 'verify', 'state.git')).code).toBe(2);
  writeFileSync(join(fixture.folder, 'wrong'), 'platform@noreply.cameleer.io cert-authority ssh-ed25519 AAAA\n');
  expect((await cameleer('audit', 'verify', 'state.git', '--keys', 'wrong')).err).toContain('keys_unreadable');
  expect((await cameleer('audit', 'verify', '/', '--keys', 'signers')).err).toContain('not_a_state_repository');
  expect(existsSync(join(fixture.folder, 'anchor.json'))).toBe(false);
});
