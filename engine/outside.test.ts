import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { tenantDirectory } from '../schemas/index.ts';
import { deployment, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import type { Engine } from './index.ts';

let fixture: Fixture;
let engine: Engine;
let a: string;
let b: string;

beforeEach(async () => {
  fixture = await makeFixture(3);
  engine = await fixture.open();
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

const orders = (tenant: string, environment = 'dev') => `${tenantDirectory(tenant)}/environments/${environment}/apps/orders.yaml`;
const region = (text: string, value: string) => text.replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`);

/** Waits until the engine has taken over what is on main. */
function caughtUp(commit: string): Promise<void> {
  return vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5000, interval: 10 });
}

async function cellText(path: string): Promise<string> {
  return Buffer.from(await (await engine.cell('local'))!.read(path)).toString();
}

describe('a commit made outside', () => {
  test('is noticed, checked, rendered and announced', async () => {
    const seen: string[] = [];
    engine.onChange((head) => seen.push(head.commit));
    const commit = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'moon') });
    await caughtUp(commit);
    expect(seen).toContain(commit);
    expect((await engine.cell('local'))!.sourceCommit).toBe(commit);
    expect(await cellText(`${tenantDirectory(a)}/dev/deployment.orders.yaml`)).toContain('moon');
    expect((await engine.history({ tenant: a, limit: 1 }))[0]).toMatchObject({ commit, signature: 'none' });
  });

  test('loses no write that is under way, and no write loses it', async () => {
    const commit = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'mars') });
    const result = await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], '1'));
    expect(result.base).toBe(commit);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ ORDERS_REGION: 'mars', MINE: '1' });
  });

  test('that breaks a tenant quarantines it at its last good tree, while others go on', async () => {
    const good = engine.head().commit;
    const before = await (await engine.cell('local'))!.tree(tenantDirectory(a));
    const commit = fixture.push({ [orders(a)]: 'spec: [', [orders(b)]: region(fixture.read(orders(b)), 'venus') });
    await caughtUp(commit);
    expect(engine.head().quarantines.get(a)).toMatchObject({ tenant: a, commit: good });
    expect(engine.head().quarantines.get(a)!.problems.map((problem) => problem.path)).toContain(orders(a));
    expect(await (await engine.cell('local'))!.tree(tenantDirectory(a))).toBe(before);
    expect(await cellText(`${tenantDirectory(b)}/dev/deployment.orders.yaml`)).toContain('venus');
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Quarantined,valueonly)', 'cells/local'])).toBe(`${a} ${good}`);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ ORDERS_REGION: 'eu' });

    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
    await expect(engine.write(setField(deployment(a, 'prod'), ['spec', 'env', 'NO'], '1'))).rejects.toMatchObject({ code: 'quarantined' });
    const repair = { change: setField(deployment(a), [], 0).change, apply: (draft: { put(path: string, text: string): void }) => Promise.resolve(draft.put(orders(a), fixture.read(orders(a), good))) };
    await engine.write(repair);
    expect(engine.head().quarantines.size).toBe(0);
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Quarantined,valueonly)', 'cells/local'])).toBe('');
  });

  test('whose objects git can not read quarantines their tenant, which a restart remembers and a repair ends; others go on, and so does history', async () => {
    const good = engine.head().commit;
    const text = fixture.read(orders(a));
    const damaged = fixture.commit({ [orders(a)]: text.replace('release: v2', 'release: v1') });
    const tree = fixture.git(['rev-parse', `${damaged}:${tenantDirectory(a)}/environments/dev/apps`]);
    const file = join(fixture.directory, 'objects', tree.slice(0, 2), tree.slice(2));
    const whole = await readFile(file);
    await rm(file);
    await writeFile(join(fixture.directory, 'refs/heads/main'), `${damaged}\n`);
    await caughtUp(damaged);
    expect(engine.head().quarantines.get(a)).toMatchObject({ commit: good, problems: [{ code: 'object_missing' }] });
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
    expect(await engine.history({ limit: 3 })).toMatchObject([{}, { commit: damaged }, { commit: good }]);
    expect(await engine.history({ tenant: b, limit: 1 })).toMatchObject([{ commit: engine.head().commit }]);
    await engine.close();
    engine = await fixture.open();
    expect(engine.head().quarantines.get(a)).toMatchObject({ commit: good, problems: [{ code: 'object_missing' }] });
    await writeFile(file, whole);
    await caughtUp(fixture.push({ [orders(a)]: region(text, 'whole') }));
    expect(engine.head().quarantines.size).toBe(0);
  });

  test('that quarantines is remembered over a restart, with its problems, and ended by a later push', async () => {
    const good = engine.head().commit;
    const text = fixture.read(orders(a));
    await caughtUp(fixture.push({ [orders(a)]: text.replace('release: v2', 'release: v77') }));
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
    await engine.close();
    engine = await fixture.open();
    expect(engine.head().quarantines.get(a)).toMatchObject({ commit: good });
    expect(engine.head().quarantines.get(a)!.problems.map((problem) => problem.code)).toContain('release_unknown');
    expect((await engine.get(deployment(a)))!.object.spec.release).toBe('v2');
    await caughtUp(fixture.push({ [orders(a)]: region(text, 'pluto') }));
    expect(engine.head().quarantines.size).toBe(0);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ ORDERS_REGION: 'pluto' });
  });

  test('of two tenants with one host quarantines the one that changed; it ends when the other lets go', async () => {
    const ingress = (tenant: string) => `${tenantDirectory(tenant)}/environments/prod/ingresses/web.yaml`;
    const text = stringify({ apiVersion: 'cameleer.io/v1', kind: 'Ingress', metadata: { name: 'web' }, spec: { host: 'shop.acme.example', path: '/', application: 'orders', port: 'http' } });
    await caughtUp(fixture.push({ [ingress(a)]: text }));
    expect(engine.head().quarantines.size).toBe(0);
    await caughtUp(fixture.push({ [ingress(b)]: text }));
    expect([...engine.head().quarantines.keys()]).toEqual([b]);
    expect(engine.head().quarantines.get(b)!.problems.map((problem) => problem.code)).toContain('claim_taken');
    await caughtUp(fixture.push({ [ingress(a)]: null }));
    expect(engine.head().quarantines.size).toBe(0);
    expect((await engine.tenant(b))!.environments.get('prod')!.ingresses.has('web')).toBe(true);
  });

  test('that quarantines a tenant stands in nobody else’s way: neither of a change of the platform, nor of a host that is let go', async () => {
    const ingress = (tenant: string) => `${tenantDirectory(tenant)}/environments/prod/ingresses/web.yaml`;
    const text = stringify({ apiVersion: 'cameleer.io/v1', kind: 'Ingress', metadata: { name: 'web' }, spec: { host: 'shop.acme.example', path: '/', application: 'orders', port: 'http' } });
    await caughtUp(fixture.push({ [ingress(a)]: text }));
    await caughtUp(fixture.push({ [ingress(b)]: text, [orders(b)]: fixture.read(orders(b)).replace('release: v2', 'release: v77') }));
    const quarantine = engine.head().quarantines.get(b)!;
    expect(quarantine.problems.map((problem) => problem.code)).toEqual(expect.arrayContaining(['claim_taken', 'release_unknown']));

    await engine.write(setField({ kind: 'Platform', name: 'platform' }, ['spec', 'auditors'], ['usr_auditor000000001']));
    expect(engine.platform().platform!.object.spec.auditors).toEqual(['usr_auditor000000001']);
    await engine.write({ change: setField(deployment(a), [], 0).change, apply: (draft) => Promise.resolve(draft.delete({ kind: 'Ingress', tenant: a, environment: 'prod', name: 'web' })) });
    expect([...engine.head().quarantines.keys()]).toEqual([b]);
    const left = engine.head().quarantines.get(b)!;
    expect(left.commit).toBe(quarantine.commit);
    expect(left.problems.map((problem) => problem.code)).toContain('release_unknown');
    expect(left.problems.map((problem) => problem.code)).not.toContain('claim_taken');
    expect(await cellText(`${tenantDirectory(b)}/dev/deployment.orders.yaml`)).toContain('v2');
  });

  test('that breaks the platform leaves the last good platform in force', async () => {
    const tier = 'tiers/mid.yaml';
    await caughtUp(fixture.push({ [tier]: 'nonsense: true\n' }));
    expect([...engine.head().quarantines.keys()]).toEqual(['platform.yaml']);
    expect(engine.platform().tiers.has('mid')).toBe(true);
    await engine.write(setField(deployment(a), ['spec', 'env', 'STILL'], '1'));
    await engine.close();
    engine = await fixture.open();
    expect(engine.platform().tiers.has('mid')).toBe(true);
    await caughtUp(fixture.push({ [tier]: fixture.state.platform.get(tier)! }));
    expect(engine.head().quarantines.size).toBe(0);
  });

  test('that takes away a tier which tenants use is the platform\'s fault, not theirs', async () => {
    const tier = parse(fixture.read('tiers/mid.yaml')) as { spec: { environments: { max: number; defaults: string[] } } };
    tier.spec.environments = { ...tier.spec.environments, max: 1, defaults: ['dev'] };
    await caughtUp(fixture.push({ 'tiers/mid.yaml': stringify(tier) }));
    expect([...engine.head().quarantines.keys()]).toEqual(['platform.yaml']);
    expect(engine.tenantIds()).toHaveLength(3);
  });

  test('that rewrites history is taken over in one step', async () => {
    const old = engine.head().commit;
    await engine.write(setField(deployment(a), ['spec', 'env', 'LOST'], '1'));
    const commit = fixture.commit({ [orders(b)]: region(fixture.read(orders(b), old), 'rewritten') }, old);
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    await caughtUp(commit);
    expect((await engine.get(deployment(a)))!.object.spec.env).not.toHaveProperty('LOST');
    expect(await cellText(`${tenantDirectory(b)}/dev/deployment.orders.yaml`)).toContain('rewritten');
  });

  test('that reverts a deployment by hand rolls it back', async () => {
    const { commit } = await engine.write(setField(deployment(a), ['spec', 'env', 'ORDERS_REGION'], 'bad'));
    const reverted = fixture.push({ [orders(a)]: fixture.read(orders(a), `${commit}^`) });
    await caughtUp(reverted);
    expect(await cellText(`${tenantDirectory(a)}/dev/deployment.orders.yaml`)).not.toContain('value: bad');
  });
});

describe('a start', () => {
  test('renders what came in while nothing ran, and gives the cells the ids that they would have had', async () => {
    await engine.close();
    fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'one') });
    const commit = fixture.push({ [orders(b)]: region(fixture.read(orders(b)), 'two') });
    engine = await fixture.open();
    expect(engine.head().commit).toBe(commit);
    const cell = engine.head().cells.get('local')!;
    expect(fixture.git(['rev-list', '--count', 'cells/local'])).toBe('3');
    await engine.close();
    // As after a kill between main and the cell: the cell is behind, the checkpoint older.
    fixture.git(['update-ref', 'refs/heads/cells/local', `${cell}~2`]);
    await rm(join(fixture.directory, 'cameleer-rendered.json'));
    engine = await fixture.open();
    expect(engine.head().cells.get('local')).toBe(cell);
  });

  test('moves a cell back that somebody else moved', async () => {
    const cell = engine.head().cells.get('local')!;
    fixture.git(['update-ref', 'refs/heads/cells/local', engine.head().commit]);
    await engine.write(setField(deployment(a), ['spec', 'env', 'X'], '1'));
    const after = fixture.git(['rev-parse', 'cells/local']);
    expect(after).toBe(engine.head().cells.get('local'));
    expect(fixture.git(['rev-parse', 'cells/local^'])).toBe(cell);
  });
});
