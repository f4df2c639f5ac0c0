import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { cellCommit } from '../commit/cell-commits.ts';
import { encodeCommit, generateStateKey, ObjectStore, parseTrailers, publicBytesOf, readStateKey, signSsh } from '../git/index.ts';
import type { CommitFields, ParsedCommit } from '../git/index.ts';
import { openEngine } from '../index.ts';
import type { Engine } from '../index.ts';
import { deployment, key, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';
import { stockGit } from '../testing/stock-git.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';
import { verifyRepository } from './verify-repository.ts';
import type { Verification, VerifyOptions } from './verify-repository.ts';

let fixture: Fixture;
let engine: Engine;
let a: string;
let b: string;
const stateKey = readStateKey(key.private);
const roots = [stateKey.publicBytes];

beforeEach(async () => {
  fixture = await makeFixture(3);
  engine = await fixture.open();
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
  for (const value of ['1', '2', '3']) await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], value));
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const region = (text: string, value: string) => text.replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`);
const verify = (more: Partial<VerifyOptions> = {}) => verifyRepository({ directory: fixture.directory, keys: roots, refusalUnder, ...more });
const codes = ({ findings }: Verification, severity = 'error') => findings.filter((each) => each.severity === severity).map(({ code }) => code);

async function read(revision: string): Promise<ParsedCommit> {
  const objects = new ObjectStore(fixture.directory);
  const commit = await objects.commit(fixture.git(['rev-parse', revision]));
  objects.close();
  return commit;
}

/** Puts a commit with these fields where a branch is, signed with a key or not at all. */
async function tamper(branch: string, change: (commit: ParsedCommit) => Partial<CommitFields>, sign?: typeof stateKey): Promise<string> {
  await engine.close();
  const { tree, parents, author, committer: by, message } = await read(branch);
  const fields = { tree, parents, author, committer: by, message, ...change(await read(branch)) };
  const bytes = encodeCommit(fields, sign === undefined ? undefined : (payload) => signSsh(payload, sign));
  const id = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], bytes.toString('utf8'));
  fixture.git(['update-ref', `refs/heads/${branch}`, id]);
  return id;
}

/** A tree of a branch with one file changed. */
function changedTree(branch: string, path: string, change: (text: string) => string): string {
  const index = { GIT_INDEX_FILE: `${fixture.folder}/index-tamper` };
  fixture.git(['read-tree', branch], undefined, index);
  const present = fixture.git(['ls-tree', '-r', branch, '--', path]) !== '';
  const blob = fixture.git(['hash-object', '-w', '--stdin'], change(present ? fixture.read(path, branch) : ''));
  fixture.git(['update-index', '--index-info'], `100644 ${blob}\t${path}\n`, index);
  return fixture.git(['write-tree'], undefined, index);
}

describe('a repository in which nothing is wrong', () => {
  test('passes: writes, pushes, quarantines and their end, a changed platform, a restart', async () => {
    const text = fixture.read(orders(a));
    fixture.push({ [orders(b)]: region(fixture.read(orders(b)), 'venus') });
    fixture.push({ [orders(a)]: 'spec: [', [orders(b)]: region(fixture.read(orders(b)), 'mars') });
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
    fixture.push({ 'tiers/mid.yaml': 'nonsense: true\n' });
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '2'));
    await engine.close();
    engine = await fixture.open();
    fixture.push({ [orders(a)]: text, 'tiers/mid.yaml': fixture.state.platform.get('tiers/mid.yaml')!.replace(/pods: \d+/, 'pods: 77') });
    await engine.write(setField(deployment(a), ['spec', 'env', 'ON'], '3'));
    const found = await verify();
    expect(found).toMatchObject({ ok: true, proved: true, counts: { commits: 11, signed: 7, unproved: 0 }, pushed: [{ author: 'Op <op@acme.example>', commits: 4 }] });
    expect(found.findings).toEqual([]);
    expect(found.counts.rendered).toBe(Number(fixture.git(['rev-list', '--count', '--glob=heads/cells'])));
  });

  test('passes as a clone, with an anchor of before, and says when it is shallow', async () => {
    const anchor = (await verify()).anchor!;
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '4'));
    const clone = `${fixture.folder}/clone`;
    stockGit(fixture.folder, ['clone', '--quiet', '--no-checkout', fixture.directory, clone]);
    expect(await verify({ directory: `${clone}/.git`, anchor })).toMatchObject({ ok: true, findings: [] });
    const shallow = `${fixture.folder}/shallow`;
    stockGit(fixture.folder, ['clone', '--quiet', '--no-checkout', '--depth=1', `file://${fixture.directory}`, shallow]);
    expect(codes(await verify({ directory: `${shallow}/.git` }))).toEqual(['shallow']);
  });
});

describe('signatures', () => {
  test('an author who was exchanged is found', async () => {
    await engine.close();
    const raw = fixture.git(['cat-file', 'commit', 'main']);
    const id = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], `${raw.replace(/^author \S+ <\S+>/m, 'author usr_somebodyelse0001 <usr_somebodyelse0001@users.noreply.cameleer.io>')}\n`);
    fixture.git(['update-ref', 'refs/heads/main', id]);
    expect(codes(await verify())).toEqual(expect.arrayContaining(['signature_invalid', 'source_unknown']));
  });

  test('a commit that says it is the platform’s is found when nobody or somebody else signed it', async () => {
    const id = await tamper('main', (commit) => ({ parents: [commit.id] }));
    expect((await verify()).findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'platform_forged', commit: id }]);
    await tamper('main', (commit) => ({ parents: commit.parents }), readStateKey(generateStateKey(Buffer.alloc(32, 8)).private));
    expect(codes(await verify())).toEqual(['unknown_key']);
  });

  test('an author and an actor who differ are found, also when the platform signed it', async () => {
    await tamper('main', (commit) => ({ parents: [commit.id], author: { ...commit.author, name: 'usr_somebodyelse0001' } }), stateKey);
    expect(codes(await verify())).toEqual(['actor_mismatch']);
  });

  test('a pushed commit with the trailers of the platform is a warning, one that its author signed a note', async () => {
    const other = readStateKey(generateStateKey(Buffer.alloc(32, 8)).private);
    await tamper('main', (commit) => ({ parents: [commit.id], committer: { ...commit.author, name: 'Op', email: 'op@acme.example' } }), other);
    const found = await verify();
    expect([found.ok, codes(found, 'warning'), codes(found, 'note')]).toEqual([true, ['trailers_borrowed'], ['signed_elsewhere']]);
  });

  test('keys change hands: the old one signs the new, and is not taken again once it is dropped', async () => {
    const next = generateStateKey(Buffer.alloc(32, 8));
    const trust = (list: readonly string[]) => setField({ kind: 'Platform', name: 'platform' }, ['spec', 'trust', 'state'], list);
    await engine.write(trust([key.public, next.public]));
    await engine.close();
    engine = await openEngine({ directory: fixture.directory, signingKey: next.private, trustedKeys: [key.public], authorize: () => {}, now: () => new Date() });
    await engine.write(trust([next.public]));
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '5'));
    const rotated = await verify();
    expect([rotated.ok, codes(rotated, 'note')]).toEqual([true, ['key_rotated', 'key_rotated']]);
    expect(codes(await verify({ keys: [publicBytesOf(next.public)!] }))).toContain('unknown_key');
    await tamper('main', (commit) => ({ parents: [commit.id] }), stateKey);
    expect(codes(await verify())).toEqual(['key_retired']);
  });

  test('a list of keys that somebody pushed does not count', async () => {
    const other = readStateKey(generateStateKey(Buffer.alloc(32, 8)).private);
    const platform = fixture.read('platform.yaml');
    const line = /- (ssh-ed25519 \S+)/.exec(platform)![1]!;
    fixture.push({ 'platform.yaml': platform.replace(line, other.publicLine) });
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '5'));
    await tamper('main', (commit) => ({ parents: [commit.id] }), other);
    expect(codes(await verify())).toEqual(['trust_unsigned', 'unknown_key']);
  });
});

describe('cells', () => {
  const shown = () => `${tenantDirectory(a)}/dev/deployment.orders.yaml`;

  test('a file that was changed is found and named, also when the platform signed it', async () => {
    const tree = changedTree('cells/local', shown(), (text) => text.replace(/image: .*/, 'image: evil'));
    await tamper('cells/local', () => ({ tree }));
    expect(codes(await verify())).toEqual(['cell_unsigned', 'cell_differs']);
    await tamper('cells/local', () => ({ tree }), stateKey);
    const found = await verify();
    expect(codes(found)).toEqual(['cell_differs']);
    expect(found.findings[0]!.message).toContain(shown());
  });

  test('what was put on top of the last commit is found', async () => {
    const on = await read('cells/local');
    const tree = changedTree('cells/local', shown(), (text) => `${text}---\nkind: ClusterRoleBinding\n`);
    await tamper('cells/local', () => ({ tree, parents: [on.id] }), stateKey);
    expect(codes(await verify())).toContain('cell_differs');
  });

  test('a file that no synthesis makes is found in the first commit of a cell', async () => {
    const root = await read(fixture.git(['rev-list', '--max-parents=0', 'cells/local']));
    const hidden = 'tenants/zz/zzz/dev/role.yaml';
    const tree = changedTree(root.id, hidden, () => 'kind: ClusterRoleBinding\n');
    await tamper('cells/local', () => ({ ...root, tree }), stateKey);
    expect((await verify()).findings.find(({ code }) => code === 'cell_differs')!.message).toContain(hidden);
    const stray = changedTree(root.id, 'extra/role.yaml', () => 'kind: ClusterRoleBinding\n');
    await tamper('cells/local', () => ({ ...root, tree: stray }), stateKey);
    expect((await verify()).findings.find(({ code }) => code === 'cell_differs')!.message).toContain('extra');
  });

  test('other dates or words than those of the source are found', async () => {
    await tamper('cells/local', (commit) => ({ message: commit.message.replace('Render', 'Renders') }), stateKey);
    expect(codes(await verify())).toEqual(['cell_altered']);
  });

  test('a branch that is behind is a warning, as a clone may be', async () => {
    await engine.close();
    fixture.git(['update-ref', 'refs/heads/cells/local', 'cells/local~1']);
    const found = await verify();
    expect([codes(found), codes(found, 'warning')]).toEqual([[], ['cell_behind']]);
  });

  test('a quarantine whose last good commit is nowhere is found', async () => {
    const main = await read('main');
    await tamper('cells/local', (commit) => {
      const fields = cellCommit({ commit: commit.parents[0], tree: commit.tree }, main, [`${a} ${'1'.repeat(40)}`]);
      return { message: fields.message };
    }, stateKey);
    expect(codes(await verify())).toContain('quarantine_unknown');
  });

  test('what another version of synth made is said not to be checkable, and passes for nothing', async () => {
    await tamper('cells/local', (commit) => ({ message: commit.message.replace(/Synth-Version: .*/, 'Synth-Version: 1') }), stateKey);
    const found = await verify();
    expect([found.ok, found.proved, codes(found, 'warning'), found.counts.unproved]).toEqual([true, false, ['not_checkable'], 1]);
    expect(parseTrailers((await read('cells/local')).message).get('Synth-Version')).toEqual(['1']);
  });
});

describe('a verification since a commit', () => {
  const shown = () => `${tenantDirectory(a)}/dev/deployment.orders.yaml`;
  const evil = (revision: string) => changedTree(revision, shown(), (text) => text.replace(/image: .*/, 'image: evil'));

  test('checks what came after, and says so; since a time it begins with the first commit that says it', async () => {
    const after = fixture.git(['rev-parse', 'main~2']);
    const found = await verify({ since: { commit: after } });
    expect(found).toMatchObject({ ok: true, proved: true, range: { after, head: engine.head().commit, given: 2 }, counts: { commits: 2, signed: 2, rendered: 2 }, findings: [] });
    expect(await verify({ since: { commit: engine.head().commit } })).toMatchObject({ proved: true, range: { given: 4 }, counts: { commits: 0, rendered: 0 } });
    const whole = await verify({ since: { time: new Date('2020-01-01') } });
    expect([whole.range, whole.counts.commits]).toEqual([{ head: engine.head().commit, given: 0 }, 4]);
    expect((await verify({ since: { time: new Date('2120-01-01') } })).range).toMatchObject({ after: engine.head().commit, given: 4 });
    await expect(verify({ since: { commit: '1'.repeat(40) } })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('finds what is wrong after it, and what the cells show at it, but not what was wrong and is over', async () => {
    await tamper('cells/local', () => ({ tree: evil('cells/local') }), stateKey);
    const [head, before] = [fixture.git(['rev-parse', 'main']), fixture.git(['rev-parse', 'main~1'])];
    expect(codes(await verify({ since: { commit: before } }))).toEqual(['cell_differs']);
    expect(codes(await verify({ since: { commit: head } }))).toEqual(['cell_differs']);
    engine = await fixture.open();
    fixture.git(['commit-graph', 'write', '--reachable']);
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '5'));
    const last = fixture.git(['rev-parse', 'main']);
    expect(codes(await verify())).toContain('cell_differs');
    expect(codes(await verify({ since: { commit: last } }))).toEqual([]);
  });

  test('follows the keys from the first commit all the same', async () => {
    const next = generateStateKey(Buffer.alloc(32, 8));
    const trust = (list: readonly string[]) => setField({ kind: 'Platform', name: 'platform' }, ['spec', 'trust', 'state'], list);
    await engine.write(trust([key.public, next.public]));
    await engine.close();
    engine = await openEngine({ directory: fixture.directory, signingKey: next.private, trustedKeys: [key.public], authorize: () => {}, now: () => new Date() });
    const { commit } = await engine.write(trust([next.public]));
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '5'));
    expect(await verify({ since: { commit } })).toMatchObject({ proved: true, counts: { commits: 1, signed: 1 }, findings: [] });
    await tamper('main', (at) => ({ parents: [at.id] }), stateKey);
    expect(codes(await verify({ since: { commit } }))).toEqual(['key_retired']);
  });

  test('proves nothing where another version of synth rendered what the cells show at it', async () => {
    await tamper('cells/local', (commit) => ({ message: commit.message.replace(/Synth-Version: .*/, 'Synth-Version: 1') }), stateKey);
    expect(await verify({ since: { commit: fixture.git(['rev-parse', 'main']) } })).toMatchObject({ ok: true, proved: false, counts: { commits: 0, unproved: 2 } });
  });
});

describe('branches', () => {
  test('a main that was rewound is found by the cells, and by an anchor', async () => {
    const anchor = (await verify()).anchor!;
    await engine.close();
    fixture.git(['update-ref', 'refs/heads/main', 'main~1']);
    expect(codes(await verify())).toEqual(['source_unknown']);
    fixture.git(['update-ref', 'refs/heads/cells/local', 'cells/local~1']);
    expect(codes(await verify())).toEqual([]);
    expect(codes(await verify({ anchor }))).toEqual(['main_rewound', 'cell_rewound']);
  });

  test('a cell that was rendered backwards is found', async () => {
    const older = await read('cells/local~1');
    await tamper('cells/local', (commit) => ({ ...older, parents: [commit.id] }), stateKey);
    expect(codes(await verify())).toContain('source_order');
  });
});

describe('approvals', () => {
  const author = 'usr_author0000000001';
  const approver = 'usr_approver00000001';
  const stranger = 'usr_stranger00000001';
  const bystander = 'usr_viewer0000000001';
  let turn = 0;

  /** A change of what runs in prod by somebody of the tenant, merged with these approvals. */
  async function merge(approvedBy: readonly string[], planHash?: (hash: string) => string | undefined): Promise<string> {
    turn += 1;
    const intent = setField(deployment(a, 'prod'), ['spec', 'env', 'TURN'], String(turn), { requestId: `merge-${turn}` });
    const change = { ...intent.change, actor: author };
    const { commit } = await engine.write({
      ...intent, change, approved: true,
      confirm: ({ plan }) => {
        const hash = planHash === undefined ? plan.hash : planHash(plan.hash);
        return Promise.resolve({ ...change, approvedBy, ...(hash === undefined ? {} : { planHash: hash }) });
      },
    });
    return commit;
  }

  beforeEach(async () => {
    const member = (id: string, role: string) => `apiVersion: cameleer.io/v1\nkind: Member\nmetadata:\n  name: ${id}\nspec:\n  bindings:\n    - role: ${role}\n      environments: ["*"]\n`;
    const path = (id: string) => `${tenantDirectory(a)}/members/${id}.yaml`;
    const change = setField(deployment(a), [], 0, { requestId: 'members' }).change;
    await engine.write({ change, apply: (draft) => Promise.resolve([[author, 'developer'], [approver, 'owner'], [bystander, 'viewer']].forEach(([id, role]) => draft.put(path(id!), member(id!, role!)))) });
    await engine.write(setField({ kind: 'Environment', tenant: a, environment: 'prod', name: 'prod' }, ['spec', 'approval'], { required: true, approvers: { roles: ['owner'], count: 1 } }, { requestId: 'policy' }));
  });

  test('that fit the policy and the plan pass', async () => {
    await merge([approver]);
    expect(await verify()).toMatchObject({ ok: true, findings: [], counts: { approved: 1 } });
  });

  test.each<[string, readonly string[], ((hash: string) => string | undefined) | undefined, readonly string[]]>([
    ['missing', [], undefined, ['approval_missing']],
    ['for another plan', [approver], () => 'f'.repeat(64), ['plan_differs']],
    ['for no plan', [approver], () => undefined, ['plan_missing']],
    ['of the author', [author, approver], undefined, ['approved_own']],
    ['of somebody without the right', [bystander], undefined, ['approver_unentitled', 'approval_missing']],
    ['of nobody of the tenant', [stranger, approver], undefined, ['approver_unentitled']],
  ])('that are %s are found', async (_what, approvers, hash, expected) => {
    const commit = await merge(approvers, hash);
    const found = await verify();
    expect(found.findings.map(({ code, commit: at }) => [code, at])).toEqual(expected.map((code) => [code, commit]));
  });

  test('that were dropped from the commit are found, whoever signs it again', async () => {
    await merge([approver]);
    await tamper('main', (commit) => ({ message: commit.message.replace(/Approved-By: .*\n/, '') }), stateKey);
    expect(codes(await verify())).toEqual(expect.arrayContaining(['source_unknown', 'approval_missing']));
  });

  test('that nobody asked for are said to be missing where a request’s own commit was put on main', async () => {
    turn += 1;
    const intent = setField(deployment(a), ['spec', 'env', 'TURN'], String(turn), { requestId: `proposed-${turn}` });
    const { commit } = await engine.requests.open(7, intent);
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    expect((await verify()).findings).toMatchObject([{ code: 'merged_elsewhere', severity: 'warning', commit }, { code: 'cell_behind' }]);
  });

  test('are asked by the right of before the change: nobody entitles themselves', async () => {
    const path = `${tenantDirectory(a)}/members/${bystander}.yaml`;
    turn += 1;
    const change = { ...setField(deployment(a), [], 0, { requestId: `self-${turn}` }).change, actor: author };
    await engine.write({
      change, approved: true, apply: async (draft) => {
        draft.put(path, fixture.read(path).replace('role: viewer', 'role: owner'));
        await draft.edit(deployment(a, 'prod'), (document) => document.setIn(['spec', 'env', 'TURN'], 'self'));
      },
      confirm: ({ plan }) => Promise.resolve({ ...change, approvedBy: [bystander], planHash: plan.hash }),
    });
    expect(codes(await verify())).toEqual(['approver_unentitled', 'approval_missing']);
  });
});

test('a missing object is a finding, not a crash', async () => {
  await engine.close();
  const pack = `${fixture.folder}/kept.pack`;
  const lost = fixture.git(['rev-parse', `main~1:${orders(a)}`]);
  const kept = fixture.git(['rev-list', '--objects', '--all']).split('\n').map((line) => line.slice(0, 40)).filter((id) => id !== lost);
  fixture.git(['pack-objects', '-q', pack], kept.join('\n'));
  rmSync(`${fixture.directory}/objects`, { recursive: true });
  mkdirSync(`${fixture.directory}/objects/pack`, { recursive: true });
  for (const name of readdirSync(fixture.folder).filter((each) => each.startsWith('kept.pack'))) renameSync(`${fixture.folder}/${name}`, `${fixture.directory}/objects/pack/${name.replace('kept.', '')}`);
  expect(codes(await verify())).toEqual(['object_missing']);
});
