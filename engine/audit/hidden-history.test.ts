import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { readStateKey } from '../git/index.ts';
import type { Intent } from '../index.ts';
import { deployment, key, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';
import { verifyRepository } from './verify-repository.ts';
import type { VerifyOptions } from './verify-repository.ts';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await makeFixture(1);
  const engine = await fixture.open();
  for (const value of ['1', '2', '3']) await engine.write(setField(deployment(fixture.state.tenantIds[0]!), ['spec', 'env', 'TURN'], value));
  await engine.close();
});
afterEach(() => fixture.remove());

async function errors(): Promise<readonly string[]> {
  const { findings } = await verifyRepository({ directory: fixture.directory, keys: [readStateKey(key.private).publicBytes], refusalUnder });
  return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

function cells(): readonly string[] {
  return fixture.git(['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/cells']).split('\n');
}

test('branches that a mirror has beside its own do not stand for them', async () => {
  for (const branch of ['main', ...cells()]) fixture.git(['update-ref', `refs/remotes/origin/${branch}`, `refs/heads/${branch}`]);
  const raw = fixture.git(['cat-file', 'commit', 'main']).replace(/^gpgsig [^]*?END SSH SIGNATURE-----\n/m, '');
  fixture.git(['update-ref', 'refs/heads/main', fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], `${raw}\n`)]);
  expect(await errors()).toContain('platform_forged');
});

test('a repository without its cells is not whole', async () => {
  for (const branch of cells()) fixture.git(['update-ref', '-d', `refs/heads/${branch}`]);
  expect(await errors()).toContain('cell_missing');
});

test('a graft that hides a commit is found, on main and on a cell', async () => {
  const cell = cells().find((branch) => Number(fixture.git(['rev-list', '--count', branch])) > 2) ?? '';
  for (const branch of ['main', cell]) {
    mkdirSync(`${fixture.directory}/info`, { recursive: true });
    writeFileSync(`${fixture.directory}/info/grafts`, `${fixture.git(['rev-parse', branch, `${branch}~2`]).replace('\n', ' ')}\n`);
    expect(await errors()).toContain('parent_differs');
  }
});

/** All objects as files, so that one can be exchanged. */
function unpack(directory: string): void {
  const packs = `${directory}/objects/pack`;
  const all = readdirSync(packs).filter((name) => name.endsWith('.pack')).map((name) => readFileSync(`${packs}/${name}`));
  rmSync(packs, { recursive: true });
  for (const input of all) execFileSync('git', ['-C', directory, 'unpack-objects', '-q'], { input });
}

function exchange(at: Fixture, path: string, branch = 'main'): void {
  const id = at.git(['rev-parse', `${branch}:${path}`]);
  const text = `${at.git(['cat-file', 'blob', id])}\n# Nobody wrote this.\n`;
  const file = `${at.directory}/objects/${id.slice(0, 2)}/${id.slice(2)}`;
  rmSync(file);
  writeFileSync(file, deflateSync(`blob ${Buffer.byteLength(text)}\0${text}`));
  expect(at.git(['cat-file', 'blob', id])).toContain('Nobody wrote this.');
}

test('an object that is not what its id says is found, although git reads it', async () => {
  unpack(fixture.directory);
  expect(await errors()).toEqual([]);
  exchange(fixture, 'platform.yaml');
  expect(await errors()).toContain('object_missing');
});

test('one that only a cell shows, too', async () => {
  unpack(fixture.directory);
  exchange(fixture, fixture.git(['ls-tree', '-r', '--name-only', 'cells/local']).split('\n').find((path) => path.includes('deployment.')) ?? '', 'cells/local');
  expect(new Set(await errors())).toEqual(new Set(['object_missing']));
});

describe('what only the threads read that compare many tenants', () => {
  let many: Fixture;
  const verify = (onProgress?: VerifyOptions['onProgress']) => verifyRepository({ directory: many.directory, keys: [readStateKey(key.private).publicBytes], refusalUnder, ...(onProgress && { onProgress }) });

  beforeAll(async () => {
    many = await makeFixture(31);
    const engine = await many.open();
    const intent = setField({ kind: 'Cell', name: 'local' }, ['spec', 'registry'], 'registry.other/cameleer');
    const confirm: Intent['confirm'] = ({ plan }) => Promise.resolve({ ...intent.change, approvedBy: ['usr_stranger00000001'], planHash: plan.hash });
    await engine.write({ ...intent, confirm });
    await engine.close();
    unpack(many.directory);
  });
  afterAll(() => many.remove());

  // Its plan is made again because somebody is said to have agreed.
  test('is read', async () => {
    expect(await verify()).toMatchObject({ findings: [{ code: 'approver_unentitled' }], counts: { commits: 2, approved: 1 } });
  });

  test('is found when it is not what its id says', async () => {
    // By then the first state has been read, and is remembered.
    const { findings } = await verify((done) => {
      if (done === 1) exchange(many, `${tenantDirectory(many.state.tenantIds[30]!)}/settings.yaml`);
    });
    expect(findings.map(({ code }) => code)).toEqual(['object_missing']);
  });
});
