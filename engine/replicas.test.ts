import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { publishCells } from './commit/publish-cells.ts';
import { startView } from './commit/start-view.ts';
import { openRepository, readStateKey } from './git/index.ts';
import { openEngine } from './index.ts';
import type { Engine } from './index.ts';
import { deployment, key, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { cellsMadeAgain, checkHistory } from './testing/check-history.ts';
import { runReplicas } from './testing/replicas.ts';
import { stockGit } from './testing/stock-git.ts';

const stateKey = readStateKey(key.private);
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
  const { directory, folder } = fixture;
  const git: Fixture['git'] = (args) => fixture.git(args);
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
      await setTimeout(3_000);
      await vi.waitFor(() => expect(pushes).not.toBe(''), { timeout: 20_000 });
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
    await vi.waitFor(async () => expect((await one.history({ limit: 20 })).map((entry) => entry.commit)).toContain(commit), { timeout: 5_000 });
  });
});

describe('the branch of a cell', () => {
  const cells = () => fixture.git(['rev-parse', 'cells/local', 'cells/eu1']).split('\n');

  /** Publishes what a process knows whose last look at `main` was at a copy of the repository. */
  async function publishFrom(copy: string): Promise<void> {
    const repository = await openRepository(fixture.directory, new Date());
    try {
      await cp(join(copy, 'cameleer-rendered.json'), join(fixture.directory, 'cameleer-rendered.json'));
      const { view, published } = await startView(repository, [stateKey.publicBytes]);
      await publishCells({ repository, key: stateKey, signers: [stateKey.publicBytes], published, now: () => new Date() }, view);
    } finally {
      await repository.close();
    }
  }

  async function write(...values: readonly string[]): Promise<void> {
    const engine = await fixture.open();
    for (const value of values) await engine.write(setField(deployment(tenants[0]!), ['spec', 'env', 'X'], value));
    await engine.close();
  }

  test('is not moved back by a process that has seen less of main', async () => {
    await write('1');
    const copy = join(fixture.folder, 'copy.git');
    await cp(fixture.directory, copy, { recursive: true });
    await write('2', '3');
    const before = cells();
    await publishFrom(copy);
    expect(cells()).toEqual(before);
  });

  test('goes forward to what a process made of it that began with nothing, and no further', async () => {
    await write('1', '2');
    const copy = join(fixture.folder, 'copy.git');
    await cp(fixture.directory, copy, { recursive: true });
    for (const cell of ['local', 'eu1']) stockGit(copy, ['update-ref', '-d', `refs/heads/cells/${cell}`]);
    await rm(join(copy, 'cameleer-rendered.json'));
    const engine = await openEngine({ directory: copy, signingKey: key.private, authorize: () => {}, now: () => new Date() });
    const tree = stockGit(copy, ['rev-parse', 'cells/local^{tree}']);
    await engine.close();
    stockGit(copy, ['push', '--quiet', fixture.directory, 'cells/local:refs/heads/other/local', 'cells/eu1:refs/heads/other/eu1']);
    const before = cells();
    await publishFrom(copy);
    expect(cells()).toEqual(before);
    expect(fixture.git(['rev-parse', 'cells/local^{tree}'])).toBe(tree);
    await write('3');
    expect(fixture.git(['rev-parse', 'cells/local^'])).toBe(before[0]);
  });
});
