import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeOf, deployment, key, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { EngineError } from './index.ts';
import type { Engine } from './index.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

let fixture: Fixture;
let engine: Engine;
let tenant: string;

beforeAll(async () => {
  fixture = await makeFixture(3);
  engine = await fixture.open((change) => {
    if (change.actor === 'usr_nobody0000000001') throw new EngineError('not_authorised', 'No.');
  });
  tenant = fixture.state.tenantIds[0]!;
});
afterAll(async () => {
  await engine.close();
  await fixture.remove();
});

async function etag(ref = deployment(tenant)): Promise<string> {
  return (await engine.get(ref))!.oid;
}

async function failure(work: Promise<unknown>): Promise<EngineError> {
  return work.then(
    () => Promise.reject(new Error('should have been refused')),
    (error: unknown) => error as EngineError,
  );
}

describe('a write', () => {
  test('ends up on main and on its cell, says what it did, and keeps comments', async () => {
    const ref = deployment(tenant);
    const before = fixture.read(`tenants/${tenant.slice(0, 2)}/${tenant}/environments/dev/apps/orders.yaml`);
    const result = await engine.write(setField(ref, ['spec', 'env', 'ORDERS_REGION'], 'us', { preconditions: [{ ref, etag: await etag() }] }));
    expect(result.changed).toBe(true);
    expect(fixture.git(['rev-parse', 'main'])).toBe(result.commit);
    expect(engine.head().commit).toBe(result.commit);
    expect(fixture.read([...result.etags.keys()][0]!)).toBe(before.replace('ORDERS_REGION: eu', 'ORDERS_REGION: us'));
    expect(result.etags.get([...result.etags.keys()][0]!)).toBe(await etag());
    expect(result.plan!.objects.flatMap((object) => object.fields)).toEqual([{ pointer: '/spec/env/ORDERS_REGION', before: 'eu', after: 'us' }]);
    expect(result.plan!.blastRadius).toMatchObject({ tenants: [tenant], restarted: [`t-${tenant}--dev/orders`], scaled: [], deleted: [] });
    const cell = (await engine.cell('local'))!;
    expect(cell.sourceCommit).toBe(result.commit);
    expect(await engine.renderedFrom('local', result.commit)).toBe(cell.commit);
    expect(Buffer.from(await cell.read(`tenants/${tenant.slice(0, 2)}/${tenant}/dev/deployment.orders.yaml`)).toString()).toContain('value: us');
  });

  test('is committed when it is on record, not before; what can not be recorded leaves those beside it alone', async () => {
    const [first, second] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
    const head = engine.head().commit;
    const [recorded, lost] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const kept = engine.write({ ...setField(deployment(first), ['spec', 'env', 'RECORDED'], 'yes'), recorded: recorded.promise });
    const refused = failure(engine.write({ ...setField(deployment(second), ['spec', 'env', 'RECORDED'], 'no'), recorded: lost.promise }));
    lost.reject(new Error('no ledger'));
    await setTimeout(100);
    expect(fixture.git(['rev-parse', 'main'])).toBe(head);
    recorded.resolve();
    expect(await refused).toMatchObject({ message: 'no ledger' });
    const { commit } = await kept;
    expect(fixture.git(['rev-parse', 'main', 'main^']).split('\n')).toEqual([commit, head]);
  });

  test('has the person as author, the platform as committer, trailers, and a signature that stock git verifies', async () => {
    const result = await engine.write(setField(deployment(tenant), ['spec', 'env', 'A'], '1', { requestId: 'req-author' }));
    const signers = join(fixture.folder, 'signers');
    await writeFile(signers, `* ${key.public}\n`);
    const show = (commit: string) => fixture.git(['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'log', '-1', '--format=%G?|%an|%ae|%cn|%(trailers:key=Request-Id,valueonly,separator=%x2C)', commit]);
    expect(show(result.commit)).toBe('G|usr_op3rat0r00000001|usr_op3rat0r00000001@users.noreply.cameleer.io|Cameleer|req-author');
    expect(show('cells/local')).toMatch(/^G\|usr_op3rat0r00000001\|/);
    fixture.git(['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', result.commit]);
  });

  test('that changes nothing makes no commit', async () => {
    const head = engine.head().commit;
    const result = await engine.write({ change: changeOf('noop', 'noop-1'), apply: () => Promise.resolve() });
    expect(result).toMatchObject({ changed: false, commit: head, base: head });
  });

  test('with a stale ETag is refused with the three-way difference, and reveals no other blob', async () => {
    const ref = deployment(tenant);
    const stale = await etag(ref);
    await engine.write(setField(ref, ['spec', 'replicas'], 2));
    const error = await failure(engine.write(setField(ref, ['spec', 'replicas'], 3, { preconditions: [{ ref, etag: stale }] })));
    expect(error.code).toBe('precondition_failed');
    expect(error.conflict?.fields).toEqual([{ pointer: '/spec/replicas', base: 1, theirs: 2, mine: 3 }]);
    expect(error.conflict?.etag).toBe(await etag(ref));
    const foreign = (await engine.get({ kind: 'Settings', tenant: fixture.state.tenantIds[1]!, name: fixture.state.tenantIds[1]! }))!.oid;
    const other = await failure(engine.write(setField(ref, ['spec', 'replicas'], 3, { preconditions: [{ ref, etag: foreign }] })));
    expect(other.code).toBe('precondition_failed');
    expect(JSON.stringify(other.conflict)).not.toContain('displayName');
  });

  test('that expects the object not to exist is refused when it does', async () => {
    const ref = deployment(tenant);
    const error = await failure(engine.write(setField(ref, ['spec', 'replicas'], 3, { preconditions: [{ ref, etag: null }] })));
    expect(error.code).toBe('conflict');
  });

  test('that breaks a rule, or that the caller may not do, changes nothing', async () => {
    const head = engine.head();
    const broken = await failure(engine.write(setField(deployment(tenant), ['spec', 'release'], 'v99')));
    expect(broken.code).toBe('invalid');
    expect(broken.problems?.map((problem) => problem.code)).toContain('release_unknown');
    const intent = setField(deployment(tenant), ['spec', 'replicas'], 4);
    const denied = await failure(engine.write({ ...intent, change: { ...intent.change, actor: 'usr_nobody0000000001' } }));
    expect(denied.code).toBe('not_authorised');
    const missing = await failure(engine.write(setField(deployment(tenant, 'dev', 'nothing'), ['spec', 'replicas'], 4)));
    expect(missing.code).toBe('not_found');
    expect(engine.head()).toEqual(head);
    expect(fixture.git(['rev-parse', 'main'])).toBe(head.commit);
  });

  test('of the platform that opens a path between tenants names the path', async () => {
    const ref = { kind: 'Cell', name: 'local' } as const;
    const dns = { namespace: { 'app.kubernetes.io/managed-by': 'cameleer' }, pods: { 'cameleer.io/tenant': fixture.state.tenantIds[1] } };
    const intent = setField(ref, ['spec', 'dns'], dns, { by: 'operator' });
    const error = await failure(engine.write(intent));
    expect(error.code).toBe('isolation');
    expect(error.openings?.length).toBeGreaterThan(0);
    // Whoever asks first is told that it would be refused.
    expect((await engine.preview(intent)).summary.errors).toBeGreaterThan(0);
  });

  test('repeated with the same request is done once', async () => {
    const intent = setField(deployment(tenant), ['spec', 'env', 'ONCE'], 'x', { requestId: 'once' });
    const [first, second] = await Promise.all([engine.write(intent), engine.write(intent)]);
    const third = await engine.write({ ...intent, apply: (draft) => draft.edit(deployment(tenant), (document) => document.setIn(['spec', 'env', 'ONCE'], 'y')) });
    expect([second.commit, third.commit]).toEqual([first.commit, first.commit]);
    expect(third.plan!.hash).toBe(first.plan!.hash);
    expect(third.etags).toEqual(first.etags);
    expect(await engine.findRequest('once')).toBe(first.commit);
    expect(await engine.findRequest('never')).toBeUndefined();
  });

  test('one refused intent of a list does not stop the others, and results are in order', async () => {
    const results = await engine.writeAll([
      setField(deployment(tenant), ['spec', 'env', 'L1'], 'x'),
      setField(deployment(tenant), ['spec', 'release'], 'v99'),
      setField(deployment(tenant), ['spec', 'env', 'L2'], 'x'),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await engine.get(deployment(tenant)))!.object.spec.env).toMatchObject({ L1: 'x', L2: 'x' });
  });

  test('previewed says the same as written, and writes nothing', async () => {
    const intent = setField(deployment(tenant), ['spec', 'replicas'], 3);
    const head = engine.head().commit;
    const preview = await engine.preview(intent);
    expect(engine.head().commit).toBe(head);
    const { plan } = await engine.write(intent);
    expect(plan!.hash).toBe(preview.hash);
    expect(preview.blastRadius.scaled).toEqual([`t-${tenant}--dev/orders`]);
    const bad = await engine.preview(setField(deployment(tenant), ['spec', 'release'], 'v99'));
    expect(bad.problems.map((problem) => problem.code)).toContain('release_unknown');
  });

  test('of a secret shows that it changed and nothing of it', async () => {
    const ref = { kind: 'Secret', tenant, environment: 'dev', name: 'orders-db' } as const;
    const preview = await engine.preview({
      change: changeOf('secret.write', 'secret-1', { tenant }),
      apply: (draft) => draft.edit(ref, (document) => document.setIn(['stringData', 'password'], 'ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]')),
    });
    expect(preview.objects[0]?.fields).toEqual([{ pointer: '/stringData/password', before: '***', after: '***' }]);
    expect(JSON.stringify(preview)).not.toContain('ENC[');
  });
});

describe('a plan between commits', () => {
  test('equals the plan of the write, and reads only the tenant that changed', async () => {
    const base = engine.head().commit;
    const { commit, plan } = await engine.write(setField(deployment(tenant, 'prod'), ['spec', 'env', 'P'], '1'));
    const again = await engine.plan(base, commit);
    expect(again.hash).toBe(plan!.hash);
    expect((await engine.diff(base, commit)).map((change) => change.path)).toEqual([`tenants/${tenant.slice(0, 2)}/${tenant}/environments/prod/apps/orders.yaml`]);
    await expect(engine.plan(base, 'f'.repeat(40))).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a plan and a write read the tenant that changes and no other', async () => {
  const many = await makeFixture(12);
  const first = await many.open();
  const [id, other] = [many.state.tenantIds[0]!, many.state.tenantIds[1]!];
  const { base, commit } = await first.write(setField(deployment(id), ['spec', 'env', 'Q'], '1'));
  await first.close();
  const again = (await many.open()) as Engine & { readonly reads: Record<'blob', number> };
  const start = again.reads.blob;
  await again.plan(base, commit);
  expect(again.reads.blob - start).toBeLessThanOrEqual(21);
  const planned = again.reads.blob;
  await again.write(setField(deployment(other), ['spec', 'env', 'Q'], '1'));
  // Its twenty objects and the one rendered file that changes.
  expect(again.reads.blob - planned).toBeLessThanOrEqual(21);
  await again.close();
  await many.remove();
});

test('a listener that throws does not change how a write is answered', async () => {
  const off = engine.onChange(() => {
    throw new Error('A listener failed');
  });
  const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', 'LISTENER'], '1'));
  off();
  expect(fixture.git(['rev-parse', 'main'])).toBe(commit);
});

describe('history', () => {
  test('finds the commits of an object and of an application, newest first, with their signatures', async () => {
    const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', 'H'], '1'));
    const [newest, older] = await engine.history({ ref: deployment(tenant), limit: 2 });
    expect(newest).toMatchObject({ commit, signature: 'platform', author: 'usr_op3rat0r00000001' });
    expect((await engine.history({ ref: deployment(tenant), limit: 1, before: commit }))[0]?.commit).toBe(older?.commit);
    expect((await engine.history({ tenant, application: 'orders', limit: 1 }))[0]?.commit).toBe(commit);
    expect((await engine.lastChange(deployment(tenant)))?.commit).toBe(commit);
    expect(await engine.history({ tenant: fixture.state.tenantIds[2]!, limit: 5 })).toHaveLength(1);
  });
});
