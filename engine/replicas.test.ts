import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import type { Engine } from './index.ts';
import { deployment, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { checkHistory, cellsMadeAgain } from './testing/check-history.ts';
import { runReplicas } from './testing/replicas.ts';

let fixture: Fixture;
let tenants: readonly string[];

beforeEach(async () => {
  fixture = await makeFixture(4);
  tenants = fixture.state.tenantIds;
});
afterEach(async () => {
  await fixture.remove();
});

test('three processes and an operator write to one repository: nothing is lost, nothing done twice', { timeout: 120_000 }, async () => {
  const { directory, folder, git } = fixture;
  const [pushed = '', ...others] = tenants;
  const path = `${tenantDirectory(pushed)}/environments/dev/apps/orders.yaml`;
  let pushes = '';
  const report = await runReplicas({
    engines: [0, 1, 2].map(() => ({ directory, pollMilliseconds: 200 })),
    tenants: others,
    meanwhile: async () => {
      const pusher = spawn(process.execPath, [join(import.meta.dirname, 'testing/pusher.child.ts'), directory, join(folder, 'clone'), path, 'PUSH'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const closed = once(pusher, 'close');
      pusher.stdout.on('data', (chunk: Buffer) => {
        pushes += chunk.toString();
      });
      await setTimeout(4_000);
      pusher.stdin.end();
      await closed;
    },
  });
  expect(report).toMatchObject({ refused: [], complaints: '' });
  expect(report.acknowledged.length).toBeGreaterThan(20);
  const engine = await fixture.open();
  await checkHistory(engine, git, report);
  const history = new Set(git(['rev-list', '--first-parent', 'main']).split('\n'));
  expect(pushes.trim().split('\n').filter((line) => !history.has(line.split(' ')[0] ?? ''))).toEqual([]);
  expect(engine.head().quarantines.size).toBe(0);
  expect(git(['for-each-ref', '--format=%(refname:short) %(tree)', 'refs/heads/cells'])).toBe(await cellsMadeAgain(fixture));
  await engine.close();
  expect(git(['fsck', '--strict', '--no-dangling'])).toBe('');
});

describe('two engines on one repository', () => {
  let one: Engine;
  let two: Engine;

  beforeEach(async () => {
    [one, two] = await Promise.all([fixture.open(), fixture.open()]);
  });
  afterEach(async () => {
    await Promise.all([one.close(), two.close()]);
  });

  const write = (engine: Engine, value: string, requestId: string) => engine.write(setField(deployment(tenants[0]!), ['spec', 'env', 'X'], value, { requestId }));

  test('start together on a repository that nobody has rendered, and agree on its cells', () => {
    expect(one.head().cells).toEqual(two.head().cells);
  });

  test('find a request that the other one committed', async () => {
    const first = await write(one, '1', 'req-1');
    const again = await write(two, '1', 'req-1');
    expect(again.commit).toBe(first.commit);
    expect(await two.findRequest('req-1')).toBe(first.commit);
  });

  test('take over what the other one wrote, with the same cells', async () => {
    const { commit } = await write(one, '1', 'req-1');
    await vi.waitFor(() => expect(two.head().commit).toBe(commit), { timeout: 5_000, interval: 10 });
    expect(two.head().cells).toEqual(one.head().cells);
  });

  test('read objects in packs that the other one made of those they knew', async () => {
    for (let turn = 0; turn < 12; turn += 1) await write(one, `one ${turn}`, `req-${turn}`);
    fixture.git(['repack', '-a', '-d', '-q']);
    const { commit } = await write(two, 'two', 'req-two');
    expect((await two.history({ limit: 20 })).map((entry) => entry.commit)).toContain(commit);
    expect((await one.history({ limit: 20 }))).toHaveLength(14);
  });

  test('never move a cell back that the other one has moved further', async () => {
    const { commit } = await write(one, '1', 'req-1');
    const cells = one.head().cells;
    // Without a look at main, the second one publishes what it knows.
    fixture.git(['update-ref', 'refs/heads/main', `${commit}^`]);
    await vi.waitFor(() => expect(one.head().commit).not.toBe(commit), { timeout: 5_000 });
    await vi.waitFor(() => expect(two.head().commit).not.toBe(commit), { timeout: 5_000 });
    const chain = new Set(fixture.git(['rev-list', '--first-parent', 'cells/local']).split('\n'));
    expect(chain.has(cells.get('local')!)).toBe(true);
  });
});
