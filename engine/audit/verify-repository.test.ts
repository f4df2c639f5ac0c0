import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { generateStateKey, publicBytesOf, readStateKey } from '../git/index.ts';
import { openEngine } from '../index.ts';
import { codes, makeAuditFixture, stateKey } from '../testing/audit-fixture.ts';
import type { AuditFixture } from '../testing/audit-fixture.ts';
import { deployment, key, setField } from '../testing/fixture.ts';
import { stockGit } from '../testing/stock-git.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';

let fixture: AuditFixture;

beforeEach(async () => { fixture = await makeAuditFixture(refusalUnder); });
afterEach(() => fixture.remove());

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const region = (text: string, value: string) => text.replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`);

describe('a repository in which nothing is wrong', () => {
  test('passes: writes, pushes, quarantines and their end, a changed platform, a restart', async () => {
    const text = fixture.read(orders(fixture.a));
    fixture.push({ [orders(fixture.b)]: region(fixture.read(orders(fixture.b)), 'venus') });
    fixture.push({ [orders(fixture.a)]: 'spec: [', [orders(fixture.b)]: region(fixture.read(orders(fixture.b)), 'mars') });
    await fixture.engine.write(setField(deployment(fixture.b), ['spec', 'env', 'ON'], '1'));
    fixture.push({ 'tiers/mid.yaml': 'nonsense: true\n' });
    await fixture.engine.write(setField(deployment(fixture.b), ['spec', 'env', 'ON'], '2'));
    await fixture.engine.close();
    fixture.engine = await fixture.open();
    fixture.push({ [orders(fixture.a)]: text, 'tiers/mid.yaml': fixture.state.platform.get('tiers/mid.yaml')!.replace(/pods: \d+/, 'pods: 77') });
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'ON'], '3'));
    const found = await fixture.verify();
    expect(found).toMatchObject({ ok: true, proved: true, counts: { commits: 11, signed: 7, unproved: 0 }, pushed: [{ author: 'Op <op@acme.example>', commits: 4 }] });
    expect(found.findings).toEqual([]);
    expect(found.counts.rendered).toBe(Number(fixture.git(['rev-list', '--count', '--glob=heads/cells'])));
  });

  test('passes as a clone, with an anchor of before, and says when it is shallow', async () => {
    const anchor = (await fixture.verify()).anchor!;
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'TURN'], '4'));
    const clone = `${fixture.folder}/clone`;
    stockGit(fixture.folder, ['clone', '--quiet', '--no-checkout', fixture.directory, clone]);
    expect(await fixture.verify({ directory: `${clone}/.git`, anchor })).toMatchObject({ ok: true, findings: [] });
    const shallow = `${fixture.folder}/shallow`;
    stockGit(fixture.folder, ['clone', '--quiet', '--no-checkout', '--depth=1', `file://${fixture.directory}`, shallow]);
    expect(codes(await fixture.verify({ directory: `${shallow}/.git` }))).toEqual(['shallow']);
  });
});

describe('signatures', () => {
  test('an author who was exchanged is found', async () => {
    await fixture.engine.close();
    const raw = fixture.git(['cat-file', 'commit', 'main']);
    const id = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], `${raw.replace(/^author \S+ <\S+>/m, 'author usr_somebodyelse0001 <usr_somebodyelse0001@users.noreply.cameleer.io>')}\n`);
    fixture.git(['update-ref', 'refs/heads/main', id]);
    expect(codes(await fixture.verify())).toEqual(expect.arrayContaining(['signature_invalid', 'source_unknown']));
  });

  test('a commit that says it is the platform’s is found when nobody or somebody else signed it', async () => {
    const id = await fixture.tamper('main', (commit) => ({ parents: [commit.id] }));
    expect((await fixture.verify()).findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'platform_forged', commit: id }]);
    await fixture.tamper('main', (commit) => ({ parents: commit.parents }), readStateKey(generateStateKey(Buffer.alloc(32, 8)).private));
    expect(codes(await fixture.verify())).toEqual(['unknown_key']);
  });

  test('an author and an actor who differ are found, also when the platform signed it', async () => {
    await fixture.tamper('main', (commit) => ({ parents: [commit.id], author: { ...commit.author, name: 'usr_somebodyelse0001' } }), stateKey);
    expect(codes(await fixture.verify())).toEqual(['actor_mismatch']);
  });

  test('a pushed commit with the trailers of the platform is a warning, one that its author signed a note', async () => {
    const other = readStateKey(generateStateKey(Buffer.alloc(32, 8)).private);
    await fixture.tamper('main', (commit) => ({ parents: [commit.id], committer: { ...commit.author, name: 'Op', email: 'op@acme.example' } }), other);
    const found = await fixture.verify();
    expect([found.ok, codes(found, 'warning'), codes(found, 'note')]).toEqual([true, ['trailers_borrowed'], ['signed_elsewhere']]);
  });

  test('keys change hands: the old one signs the new, and is not taken again once it is dropped', async () => {
    const next = generateStateKey(Buffer.alloc(32, 8));
    const trust = (list: readonly string[]) => setField({ kind: 'Platform', name: 'platform' }, ['spec', 'trust', 'state'], list);
    await fixture.engine.write(trust([key.public, next.public]));
    await expect(fixture.engine.write(trust([next.public]))).rejects.toMatchObject({ code: 'invalid' });
    await fixture.engine.close();
    fixture.engine = await openEngine({ directory: fixture.directory, signingKey: next.private, trustedKeys: [key.public], authorize: () => {}, now: () => new Date() });
    await fixture.engine.write(trust([next.public]));
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'TURN'], '5'));
    const rotated = await fixture.verify();
    expect([rotated.ok, codes(rotated, 'note')]).toEqual([true, ['key_rotated', 'key_rotated']]);
    expect(codes(await fixture.verify({ keys: [publicBytesOf(next.public)!] }))).toContain('unknown_key');
    await fixture.tamper('main', (commit) => ({ parents: [commit.id] }), stateKey);
    expect(codes(await fixture.verify())).toEqual(['key_retired']);
  });

  test('a list of keys that somebody pushed does not count', async () => {
    const other = readStateKey(generateStateKey(Buffer.alloc(32, 8)).private);
    const platform = fixture.read('platform.yaml');
    const line = /- (ssh-ed25519 \S+)/.exec(platform)![1]!;
    fixture.push({ 'platform.yaml': platform.replace(line, other.publicLine) });
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'TURN'], '5'));
    await fixture.tamper('main', (commit) => ({ parents: [commit.id] }), other);
    expect(codes(await fixture.verify())).toEqual(['trust_unsigned', 'unknown_key']);
  });
});

describe('branches', () => {
  test('a main that was rewound is found by the cells, and by an anchor', async () => {
    const anchor = (await fixture.verify()).anchor!;
    await fixture.engine.close();
    fixture.git(['update-ref', 'refs/heads/main', 'main~1']);
    expect(codes(await fixture.verify())).toEqual(['source_unknown']);
    fixture.git(['update-ref', 'refs/heads/cells/local', 'cells/local~1']);
    expect(codes(await fixture.verify())).toEqual([]);
    expect(codes(await fixture.verify({ anchor }))).toEqual(['main_rewound', 'cell_rewound']);
  });

  test('a cell that was rendered backwards is found', async () => {
    const older = await fixture.parse('cells/local~1');
    await fixture.tamper('cells/local', (commit) => ({ ...older, parents: [commit.id] }), stateKey);
    expect(codes(await fixture.verify())).toContain('source_order');
  });
});

test('a missing object is a finding, not a crash', async () => {
  await fixture.engine.close();
  const pack = `${fixture.folder}/kept.pack`;
  const lost = fixture.git(['rev-parse', `main~1:${orders(fixture.a)}`]);
  const kept = fixture.git(['rev-list', '--objects', '--all']).split('\n').map((line) => line.slice(0, 40)).filter((id) => id !== lost);
  fixture.git(['pack-objects', '-q', pack], kept.join('\n'));
  rmSync(`${fixture.directory}/objects`, { recursive: true });
  mkdirSync(`${fixture.directory}/objects/pack`, { recursive: true });
  for (const name of readdirSync(fixture.folder).filter((each) => each.startsWith('kept.pack'))) renameSync(`${fixture.folder}/${name}`, `${fixture.directory}/objects/pack/${name.replace('kept.', '')}`);
  expect(codes(await fixture.verify())).toEqual(['object_missing']);
});
