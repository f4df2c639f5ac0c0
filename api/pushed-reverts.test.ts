import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { holdReverts } from '../workflows/holds/hold-reverts.ts';
import { billing, dev, folderOfDev, serveReleases, type ServedReleases } from './testing/serve-releases.ts';

let served: ServedReleases;

beforeAll(async () => {
  served = await serveReleases();
}, 60_000);
afterAll(() => served.close());
beforeEach(() => served.begin());

// `--no-local`: a clone that links the files of a repository misses those that its upkeep is packing.
describe('a push that takes back', () => {
  let clone: string;
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', clone, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const fetchMain = () => { git('fetch', '-q', 'origin', 'main'); git('reset', '-q', '--hard', 'origin/main'); };
  const push = async () => { git('push', '-q', 'origin', 'HEAD:main'); await served.followed(git('rev-parse', 'HEAD')); };
  const setRelease = (application: string, release: string) => {
    const path = join(clone, folderOfDev, 'apps', `${application}.yaml`);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/release: \S+/, `release: ${release}`));
  };

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'cameleer-revert-'));
    execFileSync('git', ['clone', '-q', '--no-local', '-b', 'main', served.plane.stores.stateRepository, clone], { stdio: 'ignore' });
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  it.each([
    ['as git writes it', (commit: string) => git('revert', '--no-edit', commit)],
    ['with another subject', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', 'Back to what worked', '-m', `This reverts commit\n${commit}.`); }],
    ['with a subject that never ends', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', `Back\u001B[2J ${'x'.repeat(3000)}`, '-m', `This reverts commit ${commit}.`); }],
    ['with a message that says nothing', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', 'Mend orders'); }],
    ['by a merge', (commit: string) => { git('checkout', '-q', '-b', 'side'); git('revert', '--no-edit', commit); git('checkout', '-q', '-'); git('merge', '-q', '--no-ff', '-m', 'Merge pull request 5 from side', 'side'); }],
  ])('%s, is held', async (_how, make) => {
    const { body } = await served.deploy('v2');
    fetchMain();
    make(String(body['commit']));
    await push();
    expect([await served.releaseOf(), await served.held()]).toEqual(['v1', true]);
  });

  it.each([['op@acme.example', 'Op', 'operator'], ['usr_0p3rat0r00000002@users.noreply.cameleer.io', 'usr_0p3rat0r00000002', 'usr_0p3rat0r00000002']])('by %s, is held by nobody else', async (email, name, by) => {
    const { body } = await served.deploy('v2');
    fetchMain();
    git('-c', `user.name=${name}`, '-c', `user.email=${email}`, 'revert', '--no-edit', String(body['commit']));
    await push();
    const hold = (await served.ask('GET', `${dev}/holds/orders`)).body['object'] as { spec: { by: string } };
    fetchMain();
    expect([hold.spec.by, git('log', '-1', '--format=%an %(trailers:key=Cameleer-Actor,valueonly)')]).toEqual([by, `${by} ${by}`]);
  });

  it('while the index of the history is being made, is held as soon as it is there', async () => {
    const { engine } = served.plane.stores;
    const { body } = await served.deploy('v2');
    await served.plane.settled();
    fetchMain();
    git('revert', '--no-edit', String(body['commit']));
    const history = vi.spyOn(engine, 'history').mockRejectedValue(new EngineError('index_building', 'Not yet.', { retryAfterSeconds: 0.2 }));
    try {
      git('push', '-q', 'origin', 'HEAD:main');
      await expect.poll(() => history.mock.calls.length, { timeout: 15_000 }).toBeGreaterThan(1);
    } finally {
      history.mockRestore();
    }
    await expect.poll(() => served.held(), { timeout: 15_000 }).toBe(true);
  });

  it('several at once holds each, at what runs in the end', async () => {
    const commits = [(await served.deploy('v2')).body['commit'], (await served.deploy('v3')).body['commit'], (await served.deploy('v2', billing)).body['commit']].map(String);
    fetchMain();
    for (const commit of commits.toReversed()) git('revert', '--no-edit', commit);
    await push();
    expect([await served.releaseOf(), await served.held(), await served.releaseOf(billing), await served.held(billing)]).toEqual(['v1', true, 'v1', true]);
    const hold = (await served.ask('GET', `${dev}/holds/orders`)).body['object'] as { spec: { reason: string } };
    expect(hold.spec.reason).toContain('Rolled back by');
  });

  it('a rollback, goes forward and is not held', async () => {
    const { body } = await served.deploy('v2');
    fetchMain();
    git('revert', '--no-edit', String(body['commit']));
    const rollback = git('rev-parse', 'HEAD');
    await push();
    expect(await served.held()).toBe(true);
    await served.resume();
    fetchMain();
    git('revert', '--no-edit', rollback);
    await push();
    expect([await served.releaseOf(), await served.held()]).toEqual(['v2', false]);
  });

  it('and brings its own hold, is held until that is resumed, also after the next start', async () => {
    const { body } = await served.deploy('v2');
    fetchMain();
    git('revert', '--no-commit', String(body['commit']));
    mkdirSync(join(clone, folderOfDev, 'holds'), { recursive: true });
    writeFileSync(join(clone, folderOfDev, 'holds', 'orders.yaml'), 'apiVersion: cameleer.io/v1\nkind: Hold\nmetadata:\n  name: orders\nspec:\n  reason: By hand.\n  by: usr_operator00000001\n');
    git('add', '-A');
    git('commit', '-qm', 'Take orders back');
    await push();
    expect((await served.ask('GET', `${dev}/holds/orders`)).body).toMatchObject({ object: { spec: { reason: 'By hand.' } } });
    await served.resume();
    const again = holdReverts(served.plane.stores);
    await again.settled();
    await again.close();
    expect([await served.releaseOf(), await served.held()]).toEqual(['v1', false]);
  });

  it('only configuration, or goes forward, is not held', async () => {
    fetchMain();
    setRelease('orders', 'v2');
    git('commit', '-qam', 'Deploy orders v2 by hand');
    const { body } = await served.ask('POST', `${billing}/deployments`, { json: { release: 'v1', env: { X: '1' } } });
    git('pull', '-q', '--rebase', 'origin', 'main');
    git('revert', '--no-edit', String(body['commit']));
    await push();
    expect([await served.releaseOf(), await served.held(), await served.held(billing)]).toEqual(['v2', false, false]);
  });
});
