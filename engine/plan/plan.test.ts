import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeOf, deployment, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';
import { PlanCrew, planRepository } from '../index.ts';
import type { Engine, Intent, Plan, WriteResult } from '../index.ts';
import type { ObjectRef } from '../../schemas/index.ts';

const { fixture, engine, tenant, folder, close } = await openFixture(4);
let requests = 0;

afterAll(close);

function files(changes: Readonly<Record<string, string>>, more: Partial<Intent> = {}): Intent {
  requests += 1;
  return {
    change: changeOf('test.put', `plan-${requests}`, { tenant }),
    ...more,
    apply: async (draft) => {
      for (const [path, text] of Object.entries(changes)) draft.put(path, text);
    },
  };
}

function codes(plan: Plan): string[] {
  return plan.risks.map(({ code }) => code).filter((code) => code !== 'not_enforced_yet');
}

function member(name: string, bindings: string): string {
  return `apiVersion: cameleer.io/v1\nkind: Member\nmetadata:\n  name: ${name}\nspec:\n  bindings: ${bindings}\n`;
}

const dev = 'usr_developer0000001';

describe('the hash', () => {
  test('is the same previewed, written, between commits and paged, and of one tenant its part’s', async () => {
    const ids = fixture.state.tenantIds;
    const intent: Intent = {
      change: changeOf('test.many', 'many'),
      apply: async (draft) => {
        for (const id of ids) await draft.edit(deployment(id), (document) => document.setIn(['spec', 'replicas'], 2));
      },
    };
    const preview = await engine.preview(intent);
    const { base, commit, plan } = await engine.write(intent);
    const pages = [];
    let after: string | undefined;
    do {
      const page: Plan = await engine.plan(base, commit, { limit: 1, ...(after !== undefined && { after }) });
      pages.push(page);
      after = page.next;
    } while (after !== undefined);
    expect(pages.map((page) => page.blastRadius.tenants)).toEqual(ids.map((id) => [id]));
    expect(pages.flatMap((page) => page.rendered)).toEqual(plan!.rendered);
    const one = await engine.plan(base, commit, { tenants: [tenant] });
    expect(new Set([preview, plan!, ...pages].map(({ hash }) => hash)).size).toBe(1);
    expect([one.summary.tenants, one.hash === plan!.hash]).toEqual([1, false]);
    expect(pages.every((page) => JSON.stringify(page.summary) === JSON.stringify(plan!.summary))).toBe(true);
    // As a word: the id may stand in a commit's by chance.
    expect(JSON.stringify(one)).not.toMatch(new RegExp(`\\b${ids[1]!}\\b`));
    expect(codes(plan!)).toEqual(['cross_tenant']);
    expect(plan!.summary).toMatchObject({ tenants: 4, workloads: { scaled: 4, restarted: 0 }, largest: ids.map((id) => ({ tenant: id, workloads: 1 })) });
  });

  test('tells two changes of a secret apart although both are masked, and is the same on another base', async () => {
    const secret: ObjectRef = { kind: 'Secret', tenant, environment: 'dev', name: 'orders-db' };
    const value = (letter: string) => `ENC[AES256_GCM,data:${letter.repeat(4)},iv:${letter.repeat(4)},tag:${letter.repeat(4)},type:str]`;
    const [a, b] = [await engine.preview(setField(secret, ['stringData', 'password'], value('A'))), await engine.preview(setField(secret, ['stringData', 'password'], value('B')))];
    expect(a.objects).toEqual(b.objects);
    expect(a.hash).not.toBe(b.hash);
    const intent = setField(deployment(tenant, 'prod'), ['spec', 'env', 'HASHED'], 'x');
    const before = await engine.preview(intent);
    await engine.write(setField(deployment(tenant, 'prod', 'billing'), ['spec', 'env', 'OTHER'], 'y'));
    const after = await engine.preview(intent);
    expect(after.base).not.toBe(before.base);
    expect(after.hash).toBe(before.hash);
  });
});

describe('a risk', () => {
  test('is a privilege only when somebody may really do more', async () => {
    const path = `${folder}/members/${dev}.yaml`;
    const first = await engine.write(files({ [path]: member(dev, '[{role: developer, environments: [dev]}]') }));
    expect(codes(first.plan!)).toEqual(['privilege_added']);
    expect(first.plan!.risks[0]).toMatchObject({ tenant, message: expect.stringMatching(/usr_developer0000001 may do more than before, in dev: .*apps\.deploy/) });
    const same = await engine.preview(files({ [path]: member(dev, '[{role: developer, environments: [dev]}, {role: viewer, environments: [dev]}]') }));
    expect(codes(same)).toEqual([]);
    const less = await engine.preview(files({ [path]: member(dev, '[{role: viewer, environments: [dev]}]') }));
    expect(codes(less)).toEqual([]);
    const wider = await engine.preview(files({ [path]: member(dev, '[{role: developer, environments: ["*"]}]') }));
    expect(wider.risks[0]?.message).toContain('in all environments');
  });

  test('is a privilege of all who hold a role that is given more, whatever tenant they are of', async () => {
    const role: ObjectRef = { kind: 'Role', name: 'developer' };
    const plan = await engine.preview({
      change: changeOf('role.change', 'role-more', { door: 'platform' }),
      apply: (draft) => draft.edit(role, (document) => document.addIn(['spec', 'permissions', 0, 'allow'], 'secrets.reveal')),
    });
    expect(plan.risks.filter(({ code }) => code === 'privilege_added').map(({ subject }) => subject)).toEqual([expect.stringContaining(dev)]);
    expect(codes(plan)).toContain('cross_tenant');
    const platform = fixture.read('platform.yaml').replace(/operators:\n/, `operators:\n    - ${dev}\n`);
    expect((await engine.preview(files({ 'platform.yaml': platform }, { by: 'operator' }))).risks.find(({ code }) => code === 'privilege_added')?.subject).toBe(`${dev} operator`);
  });

  test('is an ingress that leads in from outside, and not the taking away of one', async () => {
    const path = `${folder}/environments/dev/ingresses/orders.yaml`;
    const ingress = `apiVersion: cameleer.io/v1\nkind: Ingress\nmetadata:\n  name: orders\nspec:\n  host: ${tenant}.example\n  path: /\n  application: orders\n  port: http\n`;
    const { plan } = await engine.write(files({ [path]: ingress }));
    const opened = plan!.risks.filter(({ code }) => code === 'isolation_widened');
    expect(opened.map(({ subject }) => subject.split(' ')[0])).toEqual(['NetworkPolicy', 'Ingress']);
    expect(opened[1]?.message).toContain(`https://${tenant}.example/ leads to orders port http`);
    const closed = await engine.preview({ change: changeOf('test.delete', 'ingress-gone', { tenant }), apply: async (draft) => draft.delete({ kind: 'Ingress', tenant, environment: 'dev', name: 'orders' }) });
    expect(codes(closed)).toEqual([]);
    const plain = await engine.preview(setField({ kind: 'Ingress', tenant, environment: 'dev', name: 'orders' }, ['spec', 'tls'], false));
    expect(plain.risks.find(({ code }) => code === 'isolation_widened')?.message).toContain(`http://${tenant}.example/`);
  });

  test('is coming near to a limit, and not going away from it', async () => {
    const near = await engine.write(setField(deployment(tenant, 'prod'), ['spec', 'resources'], { cpu: '1800m', memory: '1Gi' }));
    expect(near.plan!.risks.filter(({ code }) => code === 'tier_limit_near').map(({ subject }) => subject)).toEqual(['prod cpu']);
    const less = await engine.write(setField(deployment(tenant, 'prod'), ['spec', 'resources', 'cpu'], '1750m'));
    expect(codes(less.plan!)).toEqual([]);
  });

  test('is data: a server that stays where its cell was, a secret under another key, telemetry kept for less long', async () => {
    const key: ObjectRef = { kind: 'EnvironmentKey', tenant, environment: 'dev', name: 'dev' };
    const rekeyed = await engine.plan(engine.head().commit, fixture.commit({ [`${folder}/environments/dev/key.yaml`]: fixture.read(`${folder}/environments/prod/key.yaml`).replace('name: prod', 'name: dev') }));
    expect((await engine.get(key))?.path).toBe(`${folder}/environments/dev/key.yaml`);
    expect(rekeyed.blastRadius.data).toEqual([{ tenant, object: `${folder}/environments/dev/secrets/orders-db.yaml`, effect: 'unreadable', data: `the secret orders-db of ${tenant} in dev` }]);
    const tier = fixture.read('tiers/mid.yaml').replace('retentionDays: 30', 'retentionDays: 14');
    const shortened = await engine.preview(files({ 'tiers/mid.yaml': tier }, { by: 'operator' }));
    expect(shortened.summary).toMatchObject({ tenants: 4, data: 4, risks: { data_at_risk: 4 } });
    expect(shortened.blastRadius.data[0]).toMatchObject({ tenant, effect: 'shortened', data: expect.stringContaining('older than 14 days') });
    const recipient = /breakGlass: (age1\w+)/.exec(fixture.read(`${folder}/environments/dev/key.yaml`))?.[1];
    const moved = await engine.plan(engine.head().commit, fixture.commit({
      'cells/second.yaml': fixture.read('cells/local.yaml').replace('name: local', 'name: second').replace(/^ {2}recipient: .*/m, `  recipient: ${recipient}`),
      [`${folder}/tenant.yaml`]: fixture.read(`${folder}/tenant.yaml`).replace('default: local', 'default: second\n    dev: local\n    prod: local'),
    }));
    expect(moved.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(moved.blastRadius.data).toContainEqual({ tenant, object: `helm.toolkit.fluxcd.io/v2/HelmRelease cameleer-system/t-${tenant}`, effect: 'not_moved', data: `the observability data of ${tenant}` });
  });
});

describe('the cost', () => {
  test('goes by the tier’s rates, and what has none is said to be unknown', async () => {
    const id = fixture.state.tenantIds[1]!;
    const intent = setField(deployment(id, 'dev', 'billing'), ['spec', 'replicas'], 3);
    const { cost } = await engine.preview(intent);
    // Two more replicas at 250m and 512Mi or what the application says, by the rates of the mid tier.
    const cores = cost.after.cores - cost.before.cores;
    const memory = cost.after.memoryGiB - cost.before.memoryGiB;
    expect([cores > 0, cost.unknown]).toEqual([true, []]);
    expect((cost.perMonth[0]?.after ?? 0) - (cost.perMonth[0]?.before ?? 0)).toBeCloseTo(730 * (cores * 0.044 + memory * 0.006), 1);
    const withoutRates = fixture.read('tiers/mid.yaml').replace(/^ {4}rates:.*\n/m, '');
    const unpriced = await engine.plan(engine.head().commit, fixture.commit({
      'tiers/mid.yaml': withoutRates,
      [`tenants/${id.slice(0, 2)}/${id}/environments/dev/apps/billing.yaml`]: fixture.read(`tenants/${id.slice(0, 2)}/${id}/environments/dev/apps/billing.yaml`).replace('release: v1', 'release: v1\n  replicas: 3'),
    }));
    expect(unpriced.cost.perMonth).toEqual([]);
    expect(unpriced.cost.unknown).toEqual([{ because: 'tier mid has no rates', tenants: 4 }]);
    expect((await engine.preview(setField(deployment(id), ['spec', 'env', 'FREE'], 'x'))).cost).toMatchObject({ perMonth: [], unknown: [] });
  });
});

describe('the rendered difference', () => {
  test('comes when it is asked for, and shows nothing of a secret', async () => {
    const intent = setField(deployment(tenant, 'prod'), ['spec', 'env', 'DIFF'], 'shown');
    expect((await engine.preview(intent)).rendered[0]).not.toHaveProperty('diff');
    expect((await engine.preview(intent, { rendered: true })).rendered[0]?.diff).toMatch(/^@@ [\s\S]*\n\+ +- name: DIFF\n\+ +value: shown\n/);
    const secret: ObjectRef = { kind: 'Secret', tenant, environment: 'prod', name: 'orders-db' };
    const plan = await engine.preview(setField(secret, ['stringData', 'password'], 'ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]'), { rendered: true });
    expect(plan.rendered.map(({ diff }) => diff?.includes('ENC['))).not.toContain(true);
    expect(plan.rendered).toHaveLength(2);
  });
});

describe('a change of all tenants', () => {
  const registry: Intent = {
    change: changeOf('cell.change', 'all', { door: 'platform' }),
    apply: (draft) => draft.edit({ kind: 'Cell', name: 'local' }, (document) => document.setIn(['spec', 'registry'], 'registry.other/cameleer')),
  };
  let many: Fixture;
  let planner: Engine;
  let preview: Plan;
  let written: WriteResult;
  let turns = 0;

  beforeAll(async () => {
    many = await makeFixture(36);
    planner = await many.open();
    const ticking = setInterval(() => { turns += 1; }, 5);
    preview = await planner.preview(registry, { limit: 20 });
    clearInterval(ticking);
    written = await planner.write(registry);
  });
  afterAll(async () => {
    await planner.close();
    await many.remove();
  });

  test('is compared in threads of their own, with the hash and numbers of the write, and keeps the engine answering', () => {
    expect(turns).toBeGreaterThan(5);
    expect(preview.summary).toMatchObject({ tenants: 36, workloads: { restarted: 144 }, rendered: { modified: 145 } });
    const { plan } = written;
    expect([plan!.hash, plan!.summary]).toEqual([preview.hash, preview.summary]);
    expect(plan!.blastRadius.tenants).toEqual(many.state.tenantIds);
  });

  test('comes in pages, whose hash is that of the whole', async () => {
    const last = await planner.plan(written.base, written.commit, { after: many.state.tenantIds[15]!, limit: 20 });
    expect(last.blastRadius.tenants).toEqual(many.state.tenantIds.slice(16));
    expect([last.hash, last.next, last.risks.some(({ code }) => code === 'cross_tenant')]).toEqual([preview.hash, undefined, false]);
  });

  test('is compared for some of them alone, be they few or many', async () => {
    const { base, commit } = written;
    const one = await planner.plan(base, commit, { tenants: [many.state.tenantIds[3]!], rendered: true });
    expect([one.summary.tenants, one.rendered[0]?.diff?.includes('+          image: registry.other/')]).toEqual([1, true]);
    expect((await planner.plan(base, commit, { tenants: many.state.tenantIds.slice(1, 35) })).summary.tenants).toBe(34);
  });

  test('is the same of a repository that nobody has open', async () => {
    const { hash } = await planRepository({ directory: many.directory, base: written.base, head: written.commit });
    expect(hash).toBe(preview.hash);
  });

  test('is not compared any more by a crew that has gone', async () => {
    const crew = new PlanCrew(fixture.directory);
    const root = fixture.git(['rev-parse', 'main^{tree}']);
    const work = crew.summaries({ before: root, after: root, inForce: undefined, unwritten: [] }, [{ tenant, before: undefined, after: fixture.git(['rev-parse', `main:${folder}`]) }]);
    await Promise.all([expect(work).rejects.toMatchObject({ code: 'closed' }), crew.close()]);
  });

  test('takes no signature of a quarantined tenant for valid', async () => {
    const id = fixture.state.tenantIds[3]!;
    const path = `tenants/${id.slice(0, 2)}/${id}/apps/orders/releases/v1.yaml`;
    const text = fixture.read(path);
    const [letter] = /(?<=value: ).(?=\S*$)/m.exec(text) ?? [''];
    fixture.push({ [path]: text.replace(`value: ${letter}`, `value: ${letter === 'A' ? 'B' : 'A'}`) });
    await engine.look();
    const base = engine.head().commit;
    const head = fixture.commit({ 'cells/local.yaml': fixture.read('cells/local.yaml').replace(/registry: .*/, 'registry: registry.other/cameleer') });
    const { problems } = await engine.plan(base, head);
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([{ path, code: 'release_forged' }]);
  });
});
