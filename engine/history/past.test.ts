import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { openEngine } from '../index.ts';
import type { GitEngine } from '../git-engine.ts';
import type { Engine } from '../index.ts';
import { deployment, key, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';

let fixture: Fixture;
let engine: Engine;
let clock = Date.parse('2030-01-01T00:00:00Z');
let a: string;
let b: string;

/** An engine whose time is what the test says. */
const open = () => openEngine({ directory: fixture.directory, signingKey: key.private, authorize: () => {}, now: () => new Date(clock), pollMilliseconds: 100 });

beforeEach(async () => {
  fixture = await makeFixture(2);
  clock = Date.parse('2030-01-01T00:00:00Z');
  engine = await open();
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

async function turn(value: string, tenant = a): Promise<string> {
  clock += 60_000;
  return (await engine.write(setField(deployment(tenant), ['spec', 'env', 'TURN'], value))).commit;
}
const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const turnOf = async (past: Awaited<ReturnType<Engine['past']>>, tenant = a) => (await past.get(deployment(tenant)))?.object.spec.env?.['TURN'];

describe('the state as of', () => {
  test('a time is that of the last commit of that second, a commit its own', async () => {
    const first = await turn('1');
    const at = new Date(clock);
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], '1b'));
    await turn('2');
    expect(await turnOf(await engine.past(at))).toBe('1b');
    expect(await turnOf(await engine.past(new Date(at.getTime() - 1)))).toBeUndefined();
    expect(await turnOf(await engine.past(first))).toBe('1');
    expect(await turnOf(await engine.past(new Date('2099-01-01')))).toBe('2');
    expect((await engine.past(first)).tenantIds()).toEqual(fixture.state.tenantIds);
  });

  test('a time before the first commit, and a commit that is not on main, are not found', async () => {
    await expect(engine.past(new Date('2001-01-01'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(engine.past(fixture.commit({ [orders(a)]: null }))).rejects.toMatchObject({ code: 'not_found' });
    await expect(engine.past('f'.repeat(40))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a clock that went back does not put commits out of order, and one that runs ahead hides none', async () => {
    await turn('1');
    const at = new Date(clock);
    clock -= 3_600_000;
    await engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], 'back'));
    clock = at.getTime() + 1000;
    expect(await turnOf(await engine.past(new Date(at.getTime() - 1000)))).toBeUndefined();
    expect(await turnOf(await engine.past(at))).toBe('back');
    const commit = fixture.git(['commit-tree', 'main^{tree}', '-p', 'main', '-m', 'From the future'], undefined, { GIT_COMMITTER_DATE: '2098-01-01T00:00:00Z' });
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5000 });
    await turn('after');
    expect(await turnOf(await engine.past(new Date(clock)))).toBe('after');
  });

  /** Puts a commit on main that somebody's clock, or somebody, dated. */
  async function pushDated(files: Readonly<Record<string, string>>, date: Date, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const made = fixture.commit(files);
    const commit = fixture.git(['commit-tree', `${made}^{tree}`, '-p', 'main', '-m', 'Pushed'], undefined, { ...environment, GIT_COMMITTER_DATE: `@${Math.floor(date.getTime() / 1000)} +0000` });
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5000 });
    return commit;
  }
  const later = (minutes: number) => new Date((clock += minutes * 60_000));

  test.each([['by its author', {}], ['as if the platform had made it', { GIT_COMMITTER_NAME: 'Cameleer', GIT_COMMITTER_EMAIL: 'platform@noreply.cameleer.io' }]])('is not bent by a commit that is dated ahead %s: it counts as made before what follows it', async (_how, environment) => {
    const text = (value: string) => ({ [orders(a)]: fixture.read(orders(a)).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`) });
    const before = new Date(clock);
    const ahead = await pushDated(text('mars'), new Date('2098-01-01'), environment);
    later(1);
    expect(await engine.commitAsOf(new Date(clock))).toBe(ahead);
    expect((await engine.history({ from: before, to: new Date(clock + 1000) })).map(({ commit }) => commit)).toContain(ahead);
    expect((await engine.past(ahead)).time).toBe('2030-01-01T00:01:00Z');
    const first = await pushDated(text('venus'), later(1));
    const atFirst = new Date(clock);
    const second = await pushDated(text('moon'), later(1));
    later(60);
    expect(await engine.commitAsOf(atFirst)).toBe(first);
    expect(await engine.commitAsOf(new Date(atFirst.getTime() - 1000))).not.toBe(ahead);
    expect(await engine.commitAsOf(new Date(clock - 1000))).toBe(second);
    expect((await engine.history({ from: atFirst, to: new Date(clock) })).map(({ commit }) => commit)).toEqual([second, first, ahead]);
  });

  test('knows what a commit that is dated ahead has broken', async () => {
    const good = await turn('1');
    await pushDated({ [orders(a)]: 'spec: [' }, new Date('2098-01-01'));
    // Renders nothing, so that the commit of the future is the last that a cell shows.
    await pushDated({ 'README.md': 'Read me.' }, later(1));
    const at = new Date(clock);
    await turn('2', b);
    expect([...(await engine.past(at)).quarantines]).toEqual([[a, good]]);
  });

  test('holds a quarantined tenant at its last good tree, as it was in force then', async () => {
    const good = await turn('1');
    clock += 60_000;
    const broken = fixture.push({ [orders(a)]: 'spec: [' });
    await vi.waitFor(() => expect(engine.head().quarantines.has(a)).toBe(true), { timeout: 5000 });
    const later = await turn('1', b);
    for (const commit of [broken, later]) {
      const past = await engine.past(commit);
      expect([await turnOf(past), [...past.quarantines]]).toEqual(['1', [[a, good]]]);
    }
    expect((await engine.past(good)).quarantines.size).toBe(0);
  });
});

describe('blame', () => {
  test('names for each field the commit that gave it its value, through rewritten files and values that came and went', async () => {
    const [one, two] = [await turn('1'), await turn('2')];
    const replicas = (await engine.write(setField(deployment(a), ['spec', 'replicas'], 2))).commit;
    const back = await turn('1');
    const text = fixture.read(orders(a));
    const written = fixture.push({ [orders(a)]: `# Written anew.\n${text.split('\n').map((line) => line.replace(/: '?(\w+)'?$/, ': $1')).join('\n')}` });
    await vi.waitFor(() => expect(engine.head().commit).toBe(written), { timeout: 5000 });
    const fields = new Map((await engine.blame(deployment(a))).map((field) => [field.pointer, field]));
    expect(fields.get('/spec/replicas')).toMatchObject({ value: 2, entry: { commit: replicas, author: 'usr_op3rat0r00000001', signature: 'platform' } });
    expect(fields.get('/metadata/name')!.entry.commit).toBe(fixture.git(['rev-list', '--max-parents=0', 'main']));
    expect(fields.get('/spec/env/ORDERS_REGION')!.entry.subject).toBe('Do platform.seed');
    // `1` was a text, and is a number as the file is written now.
    expect([back, written]).toContain(fields.get('/spec/env/TURN')!.entry.commit);
    const then = new Map((await engine.blame(deployment(a), two)).map((field) => [field.pointer, field.entry.commit]));
    expect([then.get('/spec/env/TURN'), then.has('/spec/replicas')]).toEqual([two, true]);
    expect(one).not.toBe(two);
  });

  test('says of secrets only who, and of an object that is gone that it is not there', async () => {
    const secret = { kind: 'Secret', tenant: a, environment: 'dev', name: [...(await engine.tenant(a))!.environments.get('dev')!.secrets.keys()][0]! } as const;
    const fields = await engine.blame(secret);
    expect(fields.filter(({ pointer }) => pointer.startsWith('/stringData')).map(({ value }) => value)).toEqual(expect.arrayContaining(['***']));
    await expect(engine.blame(deployment(a, 'dev', 'gone'))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('takes less than 100 ms of this thread at 100 versions', async () => {
    for (let version = 0; version < 100; version += 1) await turn(String(version));
    await engine.blame(deployment(a, 'prod'));
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const since = process.threadCpuUsage();
      await engine.blame(deployment(a));
      const { user, system } = process.threadCpuUsage(since);
      times.push((user + system) / 1000);
    }
    expect(Math.min(...times)).toBeLessThan(100);
  });
});

describe('the records for an auditor', () => {
  test('say of each commit who vouches for it, what the checks came to and where it was rendered', async () => {
    const good = await turn('1');
    clock += 60_000;
    const broken = fixture.push({ [orders(a)]: 'spec: [', [orders(b)]: fixture.read(orders(b)).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: mars') });
    await vi.waitFor(() => expect(engine.head().quarantines.has(a)).toBe(true), { timeout: 5000 });
    const worse = fixture.push({ [orders(a)]: 'spec: [[' });
    await vi.waitFor(() => expect(engine.head().commit).toBe(worse), { timeout: 5000 });
    const other = await turn('1', b);
    const records = await engine.auditRecords({ limit: 4 });
    expect(records.map(({ commit, verdict, signature, quarantines }) => [commit, verdict, signature, quarantines.length])).toEqual([
      [other, 'accepted', 'platform', 1], [worse, 'quarantined', 'none', 1], [broken, 'quarantined', 'none', 1], [good, 'accepted', 'platform', 0],
    ]);
    expect(records[3]).toMatchObject({ paths: [orders(a)], at: '2030-01-01T00:01:00Z', rendered: [{ cell: 'local', commit: fixture.git(['rev-parse', 'cells/local~2']) }] });
    expect(records[2]!.paths).toEqual([orders(a), orders(b)]);
    const [ofB] = await engine.auditRecords({ tenant: b, limit: 1, to: new Date(clock) });
    expect(ofB).toMatchObject({ commit: broken, verdict: 'accepted', paths: [orders(b)], quarantines: [] });
  });

  test('of commits far apart are found without a walk over all that lies between', async () => {
    await turn('1');
    await engine.writeAll(Array.from({ length: 200 }, (_, index) => setField(deployment(b), ['spec', 'env', 'TURN'], String(index))));
    const last = await turn('2');
    const shown = fixture.git(['rev-parse', 'cells/local', 'cells/local~201']).split('\n');
    await engine.close();
    engine = await open();
    await engine.history({ limit: 1 });
    const { reads } = engine as GitEngine;
    const before = reads.commit;
    const records = await engine.auditRecords({ tenant: a, limit: 2 });
    expect(reads.commit - before).toBeLessThan(150);
    expect(records[0]!.commit).toBe(last);
    expect(records.map(({ rendered }) => rendered)).toEqual(shown.map((commit) => [{ cell: 'local', commit }]));
    expect((await engine.auditRecords({ limit: 202 })).every(({ rendered }) => rendered.length === 1)).toBe(true);
  });

  test('name to a tenant’s people no cell in which the tenant is not', async () => {
    const recipient = /breakGlass: (age1\w+)/.exec(fixture.read(`${tenantDirectory(b)}/environments/dev/key.yaml`))?.[1];
    const made = fixture.push({
      'cells/second.yaml': fixture.read('cells/local.yaml').replace('name: local', 'name: second').replace(/^ {2}recipient: .*/m, `  recipient: ${recipient}`),
      [`${tenantDirectory(b)}/tenant.yaml`]: fixture.read(`${tenantDirectory(b)}/tenant.yaml`).replace('default: local', 'default: second\n    dev: local\n    prod: local'),
      [orders(a)]: fixture.read(orders(a)).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: mars'),
    });
    await vi.waitFor(() => expect(engine.head()).toMatchObject({ commit: made, quarantines: new Map() }), { timeout: 5000 });
    const cellsOf = async (tenant: string, reader?: string) => (await engine.auditRecords({ tenant, limit: 1 }, reader))[0]!.rendered.map(({ cell }) => cell);
    expect([await cellsOf(a), await cellsOf(a, a), await cellsOf(b, b)]).toEqual([['local', 'second'], ['local'], ['local', 'second']]);
  });
});
