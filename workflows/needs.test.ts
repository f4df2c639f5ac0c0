import { stringify } from 'yaml';
import { expect, it } from 'vitest';
import type { Change, FileChange } from '../engine/index.ts';
import { refOfPath } from '../schemas/index.ts';
import { needsOf } from './needs.ts';

const change: Change = { action: 'deployment.change', actor: 'usr_a', door: 'api', requestId: 'r', subject: 's' };
const e = 'tenants/ac/acme/environments/dev';

function file(path: string, before: object | undefined, after: object | undefined): FileChange {
  const ref = refOfPath(path);
  const text = (spec: object | undefined) => (spec === undefined ? undefined : stringify({ apiVersion: 'cameleer.io/v1', kind: ref?.kind, metadata: { name: ref?.name }, spec }));
  return { path, ref, before: text(before), after: text(after) };
}

function actions(path: string, before: object | undefined, after: object | undefined, action = change.action): readonly string[] {
  return needsOf({ ...change, action }, file(path, before, after), undefined).map((need) => (need.kind === 'action' ? `${need.action}${need.environment === undefined ? '' : `@${need.environment}`}` : need.kind));
}

it.each([
  ['a first deployment', undefined, { release: 'v1', replicas: 2 }, ['apps.deploy@dev']],
  ['another release', { release: 'v1' }, { release: 'v2' }, ['apps.deploy@dev']],
  ['a scale', { release: 'v1' }, { release: 'v1', replicas: 3 }, ['apps.scale@dev']],
  ['a stop', { release: 'v1' }, { release: 'v1', stopped: true }, ['apps.scale@dev']],
  ['a restart', { release: 'v1' }, { release: 'v1', restartedAt: '2026-11-20T12:00:00Z' }, ['apps.restart@dev']],
  ['configuration', { release: 'v1' }, { release: 'v1', env: { A: '1' } }, ['apps.configure@dev']],
  ['a change of comments', { release: 'v1' }, { release: 'v1' }, ['apps.configure@dev']],
  ['both at once', { release: 'v1', env: { A: '1' } }, { release: 'v2' }, ['apps.deploy@dev', 'apps.configure@dev']],
  ['an end', { release: 'v1' }, undefined, ['apps.deploy@dev']],
])('a deployment needs what is done to it: %s', (_what, before, after, needed) => {
  expect(actions(`${e}/apps/orders.yaml`, before, after)).toEqual(needed);
});

it('promotions and rollbacks need their own', () => {
  expect(actions(`${e}/apps/orders.yaml`, { release: 'v1' }, { release: 'v2' }, 'app.promote')).toEqual(['apps.promote@dev']);
  expect(actions(`${e}/apps/orders.yaml`, { release: 'v2', env: {} }, { release: 'v1' }, 'app.rollback')).toEqual(['apps.rollback@dev']);
});

it.each([
  ['platform.yaml', ['operator']],
  ['cells/local.yaml', ['operator']],
  ['tenants/ac/acme/tenant.yaml', ['operator']],
  ['tenants/ac/acme/license.yaml', ['operator']],
  [`${e}/key.yaml`, ['operator']],
  ['tenants/ac/acme/README.md', ['operator']],
  [`${e}/secrets/db.yaml`, ['secrets.write@dev']],
  [`${e}/holds/orders.yaml`, ['holds.manage@dev']],
  [`${e}/environment.yaml`, ['environments.manage@dev']],
  ['tenants/ac/acme/settings.yaml', ['settings.manage']],
  ['tenants/ac/acme/apps/orders/app.yaml', ['apps.create']],
  ['tenants/ac/acme/apps/orders/releases/v1.yaml', ['apps.upload']],
])('%s has its guard', (path, needed) => {
  expect(actions(path, { a: 1 }, { a: 2 })).toEqual(needed);
});

it('an environment brings its key, once', () => {
  expect(actions(`${e}/key.yaml`, undefined, { a: 1 }, 'environment.create')).toEqual(['environments.manage@dev']);
  expect(actions(`${e}/key.yaml`, { a: 1 }, { a: 2 }, 'environment.create')).toEqual(['operator']);
});

it('nobody gives or takes roles that they do not hold, nor puts into a role what they may not do', () => {
  const owner = { bindings: [{ role: 'owner', environments: ['*'] }] };
  const member = 'tenants/ac/acme/members/usr_abcdefgh12345678.yaml';
  expect(actions(member, undefined, owner)).toEqual(['members.manage', 'grant']);
  expect(actions(member, owner, undefined)).toEqual(['members.manage', 'grant']);
  expect(actions(member, owner, owner)).toEqual(['members.manage']);
  expect(actions('tenants/ac/acme/roles/releaser.yaml', undefined, { description: 'Releases', permissions: [{ allow: ['apps.deploy'], environments: ['prod'] }] })).toEqual(['roles.manage', 'apps.deploy@prod']);
});

it('what no kind allows gives no exception, and takes no time: the validator says what is wrong', () => {
  const role = 'tenants/ac/acme/roles/releaser.yaml';
  for (const spec of [{ permissions: [{ allow: ['apps.deploy'] }] }, { permissions: 1 }, []]) expect(actions(role, undefined, spec)).toEqual(['roles.manage']);
  expect(actions('tenants/ac/acme/members/usr_abcdefgh12345678.yaml', undefined, { bindings: [null] })).toEqual(['members.manage']);
  const began = process.cpuUsage();
  needsOf(change, { path: role, ref: refOfPath(role), before: undefined, after: ']'.repeat(1024 * 1024) }, undefined);
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(5_000);
});
