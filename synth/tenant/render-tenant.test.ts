import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SynthError } from '../errors.ts';
import { exampleState } from '../testing/example-state.ts';
import { renderTenant } from './render-tenant.ts';

const acme = 'tenants/ac/acme';
const orders = `${acme}/environments/dev/apps/orders.yaml`;
type Edits = Parameters<typeof exampleState>[0];

interface Deployment { metadata: { annotations?: Record<string, string> }; spec: { replicas: number; template: { metadata: { annotations: Record<string, string> }; spec: { containers: { env: { name: string }[]; image: string }[]; volumes: { name: string }[] } } } }

async function render(edits: Edits = {}, tenant = 'acme') {
  const { platform, tenants } = await exampleState(edits);
  return renderTenant(platform, tenants.get(tenant)!);
}
async function local(edits: Edits = {}, tenant = 'acme') {
  return (await render(edits, tenant)).get('local')!;
}
async function deployment(path: string, edits: Edits = {}, tenant = 'acme'): Promise<Deployment> {
  return parse((await local(edits, tenant)).get(path)!) as Deployment;
}
const edit = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);
const devOrders = `${acme}/dev/deployment.orders.yaml`;

test('the image is the release’s, by digest, in the cell’s registry', async () => {
  expect((await deployment(devOrders)).spec.template.spec.containers[0]!.image).toMatch(/^registry\.local\/cameleer\/acme\/orders@sha256:[0-9a-f]{64}$/);
});

describe('replicas', () => {
  test.each([
    ['of the deployment', { [orders]: edit('replicas: 1', 'replicas: 3') }, 3],
    ['of the application when the deployment says nothing', { [orders]: edit(/ {2}replicas: 1\n/, ''), [`${acme}/apps/orders/app.yaml`]: edit('replicas: 1', 'replicas: 2') }, 2],
    ['none when stopped', { [orders]: edit('replicas: 1', 'replicas: 3\n  stopped: true') }, 0],
    ['none when the tenant is suspended', { [`${acme}/tenant.yaml`]: edit('lifecycle: active', 'lifecycle: suspended') }, 0],
    ['none when the tenant is being deleted', { [`${acme}/tenant.yaml`]: edit('lifecycle: active', 'lifecycle: deleting') }, 0],
  ])('%s', async (_, edits, replicas) => {
    expect((await deployment(devOrders, edits)).spec.replicas).toBe(replicas);
  });

  test('more than one have a disruption budget, one has none', async () => {
    const budget = `${acme}/dev/poddisruptionbudget.orders.yaml`;
    expect((await local()).has(budget)).toBe(false);
    expect((await local({ [orders]: edit('replicas: 1', 'replicas: 2') })).has(budget)).toBe(true);
  });
});

test('a secret is copied byte for byte, and its change rolls what uses it and nothing else', async () => {
  const path = `${acme}/environments/dev/secrets/orders-db.yaml`;
  const change = { [path]: (text: string) => text.replace(/mac: ENC\[AES256_GCM,data:(.)/, (all, first: string) => all.slice(0, -1) + (first === 'A' ? 'B' : 'A')) };
  const { tenants } = await exampleState(change);
  const [before, after] = [await local(), await local(change)];
  expect(after.get(`${acme}/dev/secret.orders-db.yaml`)).toBe(tenants.get('acme')!.environments.get('dev')!.secrets.get('orders-db')!.text);
  const changed = [...after.keys()].filter((file) => before.get(file) !== after.get(file));
  expect(changed).toEqual([devOrders, `${acme}/dev/secret.orders-db.yaml`]);
  const annotation = async (edits: Edits) => (await deployment(devOrders, edits)).spec.template.metadata.annotations['cameleer.io/secrets'];
  expect(await annotation(change)).not.toBe(await annotation({}));
});

test('secrets are bound as variables and mounted as files', async () => {
  const pod = (await deployment(devOrders, { [orders]: edit('env:\n        ORDERS_DB_PASSWORD: password', 'mountPath: /etc/db\n        env:\n          ORDERS_DB_PASSWORD: password'.replaceAll('\n  ', '\n')) })).spec.template.spec;
  expect(pod.volumes.map(({ name }) => name)).toContain('secret-orders-db');
  expect(pod.containers[0]!.env.map(({ name }) => name)).toContain('ORDERS_DB_PASSWORD');
});

test('a hold is said on the Deployment and not in its pods', async () => {
  const held = await deployment('tenants/in/initech/prod/deployment.claims.yaml', {}, 'initech');
  expect(held.metadata.annotations).toHaveProperty(['cameleer.io/hold-by']);
  expect(JSON.stringify(held.spec)).not.toContain('cameleer.io/hold');
});

test('a restart changes the pods', async () => {
  const restarted = await deployment(devOrders, { [orders]: edit('replicas: 1', 'replicas: 1\n  restartedAt: "2026-11-23T10:00:00Z"') });
  expect(restarted.spec.template.metadata.annotations['cameleer.io/restarted-at']).toBe('2026-11-23T10:00:00Z');
});

test('an environment on another cell is rendered there, its server stays', async () => {
  const cells = await render({ [`${acme}/tenant.yaml`]: edit('default: local', 'default: local\n    prod: eu1') });
  expect([...cells.keys()]).toEqual(['eu1', 'local']);
  const [eu1, here] = [[...cells.get('eu1')!.keys()], [...cells.get('local')!.keys()]];
  expect(eu1).toContain(`${acme}/prod/deployment.orders.yaml`);
  expect(eu1).toContain('flux/tenants/ac/acme.yaml');
  expect(eu1.filter((path) => path.includes('/dev/') || path.includes('t-acme.') || path.includes('helmrelease') || path.includes('allow-to-server'))).toEqual([]);
  expect(here.filter((path) => path.includes('prod'))).toEqual([]);
  expect(cells.get('eu1')!.get(`${acme}/prod/deployment.orders.yaml`)).toContain('image: registry.eu1.');
});

test('an environment may have a name that every object of JavaScript has', async () => {
  const environment = 'apiVersion: cameleer.io/v1\nkind: Environment\nmetadata:\n  name: constructor\nspec:\n  order: 5\n';
  const cells = await render({ [`${acme}/environments/constructor/environment.yaml`]: () => environment });
  expect([...cells.get('local')!.keys()]).toContain(`${acme}/_tenant/namespace.t-acme--constructor.yaml`);
});

test('a change of one deployment changes one file', async () => {
  const [before, after] = [await local(), await local({ [orders]: edit('ORDERS_REGION: eu', 'ORDERS_REGION: us') })];
  expect([...after.keys()].filter((path) => before.get(path) !== after.get(path))).toEqual([devOrders]);
});

test('text of tenants stays out of Flux objects, namespaces, roles and policies', async () => {
  const marked = await local({ [orders]: edit('ORDERS_REGION: eu', 'ORDERS_REGION: marked-by-tenant'), [`${acme}/apps/orders/app.yaml`]: edit('displayName: Orders', 'displayName: marked-by-tenant') });
  expect([...marked].filter(([, text]) => text.includes('marked-by-tenant')).map(([path]) => path)).toEqual([devOrders]);
});

test('no file, no tenant: nothing; a name that leads nowhere is a coded error', async () => {
  const { platform, tenants } = await exampleState({ [`${acme}/tenant.yaml`]: edit('default: local', 'default: nowhere') });
  expect(() => renderTenant(platform, tenants.get('acme')!)).toThrow(expect.objectContaining({ code: 'unresolved' }) as SynthError);
  const { tenant: _tenant, ...without } = tenants.get('acme')!;
  expect(renderTenant(platform, without).size).toBe(0);
});
