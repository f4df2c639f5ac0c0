import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { EngineError } from '../index.ts';
import type { Engine, Push } from '../index.ts';
import { generateStateKey, ObjectStore } from '../git/index.ts';
import { changeOf, deployment, makeFixture, operator, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';

let fixture: Fixture;
let engine: Engine;
let objects: ObjectStore;
let a: string;
let b: string;

beforeEach(async () => {
  fixture = await makeFixture(3);
  engine = await fixture.open();
  objects = new ObjectStore(fixture.directory);
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  objects.close();
  await engine.close();
  await fixture.remove();
});

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const region = (tenant: string, value: string) => ({ [orders(tenant)]: fixture.read(orders(tenant)).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`) });

interface Kept extends Push {
  readonly kept: () => boolean;
}

function pushOf(after: string, before = engine.head().commit): Kept {
  let kept = false;
  const keep = async () => {
    kept = true;
  };
  return { change: changeOf('state.push', `push-${after.slice(0, 8)}`, { door: 'push' }), before, after, objects, keep, kept: () => kept };
}

async function refused(push: Kept, code: string): Promise<EngineError> {
  const before = fixture.git(['for-each-ref']);
  const error = await engine.push(push).then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(push.kept()).toBe(false);
  expect(fixture.git(['for-each-ref'])).toBe(before);
  return error as EngineError;
}

test('what is among the tenants and belongs to none of them is refused, by its path; a README is not', async () => {
  for (const path of ['tenants/notes.txt', 'tenants/ac/é', 'tenants/ac/no-such-folder/tenant.yaml', `tenants/zz/${a}/tenant.yaml`]) {
    const { problems = [] } = await refused(pushOf(fixture.commit({ [path]: 'x' })), 'invalid');
    expect(problems.map((problem) => [problem.code, path.startsWith(problem.path)])).toEqual([['file_unknown', true]]);
  }
  const readme = fixture.commit({ 'tenants/README.md': 'Companies.', 'tenants/ac/README.md': 'With ac.' });
  expect(await engine.push(pushOf(readme))).toEqual([readme]);
});

test('each commit of a push is rendered, and seen by who listens once all have moved', async () => {
  const heads: string[] = [];
  engine.onChange((head) => heads.push(head.commit));
  const first = fixture.commit(region(a, 'moon'));
  const second = fixture.commit(region(b, 'mars'), first);
  expect(await engine.push(pushOf(second))).toEqual([first, second]);
  expect(heads).toEqual([second]);
  expect(fixture.git(['rev-parse', 'main'])).toBe(second);
  const rendered = fixture.git(['log', '--format=%(trailers:key=Source-Commit,valueonly,separator=)', '-2', 'cells/local']).split('\n');
  expect(rendered).toEqual([second, first]);
  expect(engine.head().quarantines.size).toBe(0);
});

test('one bad commit among good ones refuses all, with every problem of that commit', async () => {
  const good = fixture.commit(region(a, 'moon'));
  const bad = fixture.commit({ [orders(a)]: 'spec: [', [orders(b)]: 'spec: {' }, good);
  const error = await refused(pushOf(fixture.commit(region(a, 'late'), bad)), 'invalid');
  expect(new Set(error.problems?.map(({ path }) => path))).toEqual(new Set([orders(a), orders(b)]));
  expect(error.message).toContain(bad.slice(0, 12));
  expect(engine.head().quarantines.size).toBe(0);
});

/** The same change, dated as whoever makes it likes. */
function dated(commit: string, which: 'AUTHOR' | 'COMMITTER', seconds: number): string {
  return fixture.git(['commit-tree', `${commit}^{tree}`, '-p', `${commit}^`, '-m', 'Dated by hand'], undefined, { [`GIT_${which}_DATE`]: `@${seconds} +0000` });
}

test.each(['AUTHOR', 'COMMITTER'] as const)('a commit that its %s has dated in the future is refused, and one of a clock that is ahead is taken', async (which) => {
  const commit = fixture.commit(region(a, 'moon'));
  const now = Math.floor(Date.now() / 1000);
  for (const seconds of [now + 2 * 86_400, 9_000_000_000_000]) await refused(pushOf(dated(commit, which, seconds)), 'invalid');
  await engine.push(pushOf(dated(commit, which, now + 3_600)));
});

test('a commit that is dated long before what it stands on is refused, and what stands on one of the future is not', async () => {
  const now = Math.floor(Date.now() / 1000);
  await refused(pushOf(dated(fixture.commit(region(a, 'moon')), 'COMMITTER', now - 2 * 86_400)), 'invalid');
  await engine.push(pushOf(dated(fixture.commit(region(a, 'moon')), 'COMMITTER', now - 3_600)));
  const future = dated(fixture.commit(region(a, 'mars')), 'COMMITTER', now + 400 * 86_400);
  fixture.git(['update-ref', 'refs/heads/main', future]);
  await vi.waitFor(() => expect(engine.head().commit).toBe(future), { timeout: 5_000, interval: 20 });
  await engine.push(pushOf(fixture.commit(region(a, 'venus'))));
});

test('the list of keys by which the platform is known takes no push', async () => {
  const own = generateStateKey(Buffer.alloc(32, 9)).public;
  const text = fixture.read('platform.yaml');
  const changed = text.replace(/^( +)state:\n/m, `$&$1  - ${own}\n`);
  expect(changed).not.toBe(text);
  await refused(pushOf(fixture.commit({ 'platform.yaml': changed })), 'invalid');
  await engine.push(pushOf(fixture.commit({ 'platform.yaml': `${text}# a comment\n` })));
});

test('a date that no calendar has, in what somebody else put on main, counts as the end of the year 9999', async () => {
  const commit = dated(fixture.commit(region(a, 'moon')), 'AUTHOR', 9_000_000_000_000);
  fixture.git(['update-ref', 'refs/heads/main', commit]);
  await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5_000, interval: 20 });
  const [entry] = await engine.history({});
  expect(entry).toMatchObject({ commit, time: '9999-12-31T23:59:59Z' });
});

test('what breaks the platform or the tenants through it is refused', async () => {
  expect((await refused(pushOf(fixture.commit({ 'platform.yaml': 'spec: [' })), 'invalid')).problems?.[0]?.path).toBe('platform.yaml');
  await refused(pushOf(fixture.commit({ 'cells/local.yaml': null })), 'invalid');
});

test('whoever pushes is asked for each file, and the transition rules see an operator', async () => {
  await engine.close();
  const asked: string[] = [];
  engine = await fixture.open((change, files) => {
    asked.push(`${change.actor} ${change.door}`, ...files.map(({ path }) => path));
    if (files.some(({ path }) => path === orders(b))) throw new EngineError('not_authorised', 'Not yours.');
  });
  await engine.push(pushOf(fixture.commit(region(a, 'moon'))));
  expect(asked).toEqual([`${operator} push`, orders(a)]);
  await refused(pushOf(fixture.commit(region(b, 'moon'))), 'not_authorised');
});

test('who has not seen the last change is told so, and so is what does not stand on main', async () => {
  const before = engine.head().commit;
  const late = fixture.commit(region(a, 'late'));
  await engine.write(setField(deployment(b), ['spec', 'env', 'MINE'], '1'));
  await refused(pushOf(late, before), 'push_outdated');
  await refused(pushOf(late), 'not_fast_forward');
  await refused(pushOf(fixture.git(['rev-parse', 'main^{tree}'])), 'not_fast_forward');
  await refused(pushOf('1'.repeat(40)), 'not_fast_forward');
  const orphan = fixture.git(['commit-tree', 'main^{tree}', '-m', 'From nowhere']);
  await refused(pushOf(orphan), 'not_fast_forward');
});

test('writers and pushers together lose nothing: who is late tries again on the new head', async () => {
  const pushed: string[] = [];
  const pusher = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      for (let done = false; !done; ) {
        const before = fixture.git(['rev-parse', 'main']);
        const after = fixture.commit({ [orders(a)]: fixture.read(orders(a), before).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: push-${turn}`) }, before);
        done = await engine.push(pushOf(after, before)).then(() => true, (error: unknown) => {
          if ((error as EngineError).code !== 'push_outdated') throw error;
          return false;
        });
        if (done) pushed.push(after);
      }
    }
  };
  const writer = async (name: string) => {
    const commits: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) commits.push((await engine.write(setField(deployment(b), ['spec', 'env', name], String(turn)))).commit);
    return commits;
  };
  const [, ...written] = await Promise.all([pusher(), writer('W_A'), writer('W_B')]);
  const history = fixture.git(['rev-list', '--first-parent', 'main']).split('\n');
  for (const commit of [...pushed, ...written.flat()]) expect(history.filter((id) => id === commit)).toHaveLength(1);
  expect(pushed).toHaveLength(5);
  expect(fixture.read(orders(a))).toContain('push-4');
  expect(fixture.read(orders(b))).toMatch(/W_A: "?7"?[\s\S]*W_B: "?7"?|W_B: "?7"?[\s\S]*W_A: "?7"?/);
});

test('a push that a quarantined tenant needs is taken, another one to it is not', async () => {
  const good = fixture.read(orders(a));
  fixture.push({ [orders(a)]: 'spec: [' });
  await expect.poll(() => engine.head().quarantines.has(a), { timeout: 5000 }).toBe(true);
  const settings = `${tenantDirectory(a)}/settings.yaml`;
  await refused(pushOf(fixture.commit({ [settings]: `${fixture.read(settings)}# still broken\n` })), 'quarantined');
  await engine.push(pushOf(fixture.commit(region(b, 'elsewhere'))));
  await engine.push(pushOf(fixture.commit({ [orders(a)]: good.replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: mended') })));
  expect(engine.head().quarantines.size).toBe(0);
});
