import { afterAll, describe, expect, test } from 'vitest';
import { changeOf, deployment, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';
import { ObjectStore } from '../git/index.ts';
import type { EngineError, Reencrypt, RevertRequest } from '../index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import { makeRevert } from './revert.ts';

const { fixture, engine, tenant, folder, close } = await openFixture(2);
let requests = 0;

afterAll(close);

async function failure(work: Promise<unknown>): Promise<EngineError> {
  return work.then(
    () => Promise.reject(new Error('should have been refused')),
    (error: unknown) => error as EngineError,
  );
}

function rolledBack() {
  requests += 1;
  const { subject: _, ...rest } = changeOf('app.rollback', `revert-${requests}`, { tenant });
  return rest;
}

function make(what: RevertRequest['what'], more: Partial<RevertRequest> = {}) {
  return engine.revert({ what, scope: { tenant }, ...more }, rolledBack());
}

async function revert(what: RevertRequest['what'], more: Partial<RevertRequest> = {}) {
  return engine.write((await make(what, more)).intent);
}

const prod = () => deployment(tenant, 'prod');
const set = async (path: readonly string[], value: unknown, ref: ObjectRef = prod()) => (await engine.write(setField(ref, ['spec', ...path], value))).commit;
const spec = async () => (await engine.get(prod()))!.object.spec;

describe('a revert of a commit', () => {
  test('undoes its fields and leaves later changes of other fields', async () => {
    const commit = await set(['replicas'], 3);
    await set(['env', 'KEEP'], 'me');
    await revert({ commit });
    expect(await spec()).toMatchObject({ env: { KEEP: 'me' }, replicas: 2 });
    expect(fixture.git(['log', '-1', '--format=%b', 'main'])).toContain(`This reverts commit ${commit}.`);
  });

  test('takes a field out of a group to which others have added, and an empty group away', async () => {
    const billing = deployment(tenant, 'dev', 'billing');
    const env = async () => (await engine.get(billing))!.object.spec.env;
    const both = await set(['env'], { A: '1', B: '1' }, billing);
    await set(['env', 'C'], '1', billing);
    await revert({ commit: both });
    expect(await env()).toEqual({ C: '1' });
    const group = await set(['resources'], { cpu: '100m', memory: '512Mi' }, billing);
    await set(['replicas'], 2, billing);
    await revert({ commit: group });
    expect((await engine.get(billing))!.object.spec).not.toHaveProperty('resources');
  });

  test('gives back every byte when nobody has touched the file since, and takes it again when it is reverted itself', async () => {
    const path = prod() && `${folder}/environments/prod/apps/orders.yaml`;
    const before = fixture.read(path);
    const commented = before.replace('spec:', '# why it is so\nspec:');
    const commit = fixture.push({ [path]: commented });
    await expect.poll(() => engine.head().commit).toBe(commit);
    const undone = await revert({ commit });
    expect(fixture.read(path)).toBe(before);
    await revert({ commit: undone.commit });
    expect(fixture.read(path)).toBe(commented);
  });

  test('is refused with every field that has changed again, done by choice, and never by halves', async () => {
    const { commit } = await engine.write({
      change: changeOf('test.two', 'two', { tenant }),
      apply: async (draft) => {
        await draft.edit(prod(), (document) => { document.setIn(['spec', 'env', 'R'], 'a'); document.setIn(['spec', 'env', 'S'], 'a'); });
        await draft.edit(deployment(tenant, 'prod', 'billing'), (document) => document.setIn(['spec', 'env', 'R'], 'a'));
      },
    });
    await set(['env', 'R'], 'b');
    await set(['env', 'R'], 'c', deployment(tenant, 'prod', 'billing'));
    const head = engine.head().commit;
    const error = await failure(revert({ commit }));
    expect(error.code).toBe('revert_conflict');
    const billing = `${folder}/environments/prod/apps/billing.yaml`;
    const orders = `${folder}/environments/prod/apps/orders.yaml`;
    expect(error.conflicts).toMatchObject([{ path: billing, fields: [{ pointer: '/spec/env', base: { R: 'a' }, theirs: { R: 'c' } }].map(() => ({ pointer: '/spec/env/R', base: 'a', theirs: 'c' })) }, { path: orders, fields: [{ pointer: '/spec/env/R', base: 'a', theirs: 'b' }] }]);
    expect((await failure(revert({ commit }, { take: { [`${orders}#/spec/env/R`]: 'keep' } }))).conflicts?.map(({ path }) => path)).toEqual([billing]);
    expect(error.conflicts?.map(({ etag }) => etag)).toEqual([await engine.etag(deployment(tenant, 'prod', 'billing')), await engine.etag(prod())]);
    expect(engine.head().commit).toBe(head);
    await revert({ commit }, { take: { [`${orders}#/spec/env/R`]: 'keep', [`${billing}#/spec/env/R`]: 'revert' } });
    expect((await spec()).env).toMatchObject({ R: 'b' });
    expect((await spec()).env).not.toHaveProperty('S');
    expect((await engine.get(deployment(tenant, 'prod', 'billing')))!.object.spec.env).toBeUndefined();
  });

  test('of a deployment that was made and changed since asks about the whole of it', async () => {
    const ref: ObjectRef<'Ingress'> = { kind: 'Ingress', tenant, environment: 'dev', name: 'orders' };
    const text = `apiVersion: cameleer.io/v1\nkind: Ingress\nmetadata:\n  name: orders\nspec:\n  host: ${tenant}.example\n  path: /\n  application: orders\n  port: http\n`;
    const { commit } = await engine.write({ change: changeOf('test.put', 'ingress', { tenant }), apply: async (draft) => draft.put(`${folder}/environments/dev/ingresses/orders.yaml`, text) });
    await set(['path'], '/v2', ref);
    expect((await failure(revert({ commit }))).conflicts?.[0]?.fields).toMatchObject([{ pointer: '', theirs: { spec: { path: '/v2' } } }]);
    await revert({ commit }, { take: 'revert' });
    expect(await engine.get(ref)).toBeUndefined();
  });

  test('leaves members, holds and releases alone, says so, and takes back what is named', async () => {
    const member = { kind: 'Member', tenant, name: 'usr_op3rat0r00000001' } as const;
    const bindings = [{ role: 'owner', environments: ['*'] }, { role: 'viewer', environments: ['*'] }];
    const { commit } = await engine.write({
      change: changeOf('test.both', 'both', { tenant }),
      apply: async (draft) => {
        await draft.edit(member, (document) => document.setIn(['spec', 'bindings'], document.createNode(bindings)));
        await draft.edit(prod(), (document) => document.setIn(['spec', 'replicas'], 1));
      },
    });
    const made = await make({ commit });
    expect(made.leftAlone).toMatchObject([{ path: `${folder}/members/${member.name}.yaml`, include: 'members' }]);
    await engine.write(made.intent);
    expect((await engine.get(member))!.object.spec.bindings).toHaveLength(2);
    await revert({ commit }, { include: ['members'] });
    expect((await engine.get(member))!.object.spec.bindings).toHaveLength(1);
    const only = await set(['bindings'], bindings, member);
    expect(await failure(make({ commit: only }))).toMatchObject({ code: 'nothing_to_revert', message: expect.stringContaining('members') as string });
  });

  test('of which others were concerned too says nothing of them, and does not look at them', async () => {
    const other = fixture.state.tenantIds[1]!;
    const base = engine.head().commit;
    const { commit } = await engine.write({
      change: changeOf('test.words', 'words', { subject: 'Answer the complaint of another customer' }),
      apply: async (draft) => {
        for (const id of [tenant, other]) await draft.edit(deployment(id, 'prod'), (document) => document.setIn(['spec', 'env', 'BOTH'], 'x'));
      },
    });
    const made = await make({ commit });
    const objects = new ObjectStore(fixture.directory);
    await makeRevert({ objects, tenant: (id) => engine.tenant(id) }, { what: { base, head: commit }, scope: { tenant } }, rolledBack());
    expect(objects.reads.blob).toBe(2);
    objects.close();
    expect(made.intent.change.subject).toBe('Revert "Change that concerns more than this tenant"');
    expect((await engine.revert({ what: { commit }, scope: {} }, rolledBack())).intent.change.subject).toContain('complaint');
    await engine.write(made.intent);
    expect((await engine.get(deployment(other, 'prod')))!.object.spec.env).toHaveProperty('BOTH');
  });

  test('is for commits of main only', async () => {
    const elsewhere = fixture.commit({ [`${folder}/settings.yaml`]: fixture.read(`${folder}/settings.yaml`).replace('ACME', 'Other') });
    expect((await failure(make({ commit: elsewhere }))).code).toBe('not_found');
    expect((await failure(make({ commit: fixture.git(['rev-list', '--max-parents=0', 'main']) }))).code).toBe('nothing_to_revert');
  });
});

describe('a revert of a range', () => {
  test('is one commit that undoes the net effect of all', async () => {
    const base = engine.head().commit;
    await set(['env', 'RANGE'], '1');
    await set(['env', 'RANGE'], '2');
    const head = await set(['replicas'], 1);
    await set(['env', 'AFTER'], 'stays');
    const count = Number(fixture.git(['rev-list', '--count', 'main']));
    await revert({ base, head });
    expect(Number(fixture.git(['rev-list', '--count', 'main']))).toBe(count + 1);
    expect(await spec()).toMatchObject({ replicas: 2, env: { AFTER: 'stays' } });
    expect((await spec()).env).not.toHaveProperty('RANGE');
    expect((await failure(make({ base: head, head: base }))).code).toBe('nothing_to_revert');
  });
});

describe('a state as of a commit', () => {
  test('comes back in its scope, by field, and comments of now stay', async () => {
    const then = engine.head().commit;
    const was = await spec();
    await set(['env', 'LATER'], 'x');
    await set(['replicas'], 1);
    await set(['env', 'LATER'], 'x', deployment(tenant, 'dev'));
    const path = `${folder}/environments/prod/apps/orders.yaml`;
    const noted = fixture.push({ [path]: fixture.read(path).replace('spec:', '# noted since\nspec:') });
    await expect.poll(() => engine.head().commit).toBe(noted);
    const { commit } = await revert({ asOf: then }, { scope: { tenant, environment: 'prod' } });
    expect(await spec()).toEqual(was);
    expect(fixture.read(path)).toContain('# noted since');
    expect((await engine.get(deployment(tenant, 'dev')))!.object.spec.env).toHaveProperty('LATER');
    expect((await engine.revert({ what: { asOf: then }, scope: { tenant, environment: 'prod' } }, rolledBack())).leftAlone).toEqual([]);
    expect(await revert({ asOf: then }, { scope: { tenant, environment: 'prod', application: 'orders' } })).toMatchObject({ changed: false, commit });
  });

  test('is found by its time', async () => {
    const [first] = fixture.git(['rev-list', '--max-parents=0', 'main']).split('\n');
    expect(await engine.commitAsOf(new Date())).toBe(engine.head().commit);
    expect(await engine.commitAsOf(new Date('2001-01-01'))).toBeUndefined();
    const time = new Date(Number(fixture.git(['log', '-1', '--format=%ct', first!])) * 1000);
    expect(await engine.commitAsOf(time)).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('a secret from before its key changed', () => {
  const secret = (): ObjectRef<'Secret'> => ({ kind: 'Secret', tenant, environment: 'dev', name: 'orders-db' });

  test('is encrypted again by whoever can, with the key of then, and refused else', async () => {
    const path = `${folder}/environments/dev/secrets/orders-db.yaml`;
    const old = fixture.read(path);
    const key = fixture.read(`${folder}/environments/dev/key.yaml`);
    const recipient = /environment: (age1\w+)/.exec(key)![1]!;
    // Another valid recipient, which no other key of this state has.
    const other = 'age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa';
    const rotated = fixture.push({ [`${folder}/environments/dev/key.yaml`]: key.replaceAll(recipient, other), [path]: old.replaceAll(recipient, other) });
    await expect.poll(() => engine.head().commit).toBe(rotated);
    expect(engine.head().quarantines.size).toBe(0);
    expect((await failure(revert({ commit: rotated }))).code).toBe('key_rotated');
    const asked: Parameters<Reencrypt>[0][] = [];
    const again = old.replaceAll(recipient, other).replace(/lastmodified: .*/, 'lastmodified: "2026-02-03T04:05:06Z"');
    await revert({ commit: rotated }, { reencrypt: (each) => { asked.push(each); return Promise.resolve(again); } });
    expect(asked[0]).toMatchObject({ ref: secret(), text: old, key, current: old.replaceAll(recipient, other) });
    expect(fixture.read(path)).toBe(again);
    expect(fixture.read(`${folder}/environments/dev/key.yaml`)).toContain(other);
  });
});
