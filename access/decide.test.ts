import { expect, test } from 'vitest';
import type { Action, Binding, Loaded, Permission, PlatformState, TenantState } from '../schemas/index.ts';
import { decide, mayClone, mayGrant } from './index.ts';
import type { Question, Subject } from './index.ts';

const person = { kind: 'person', id: 'usr_aaaaaaaaaaaaaaaa' } as const satisfies Subject;
const operator = { kind: 'person', id: 'usr_bbbbbbbbbbbbbbbb' } as const satisfies Subject;
const auditor = { kind: 'person', id: 'usr_cccccccccccccccc' } as const satisfies Subject;
const deployer = { kind: 'serviceAccount', tenant: 'acme', name: 'ci' } as const satisfies Subject;

function named<T>(objects: Record<string, T>): Map<string, never> {
  return new Map(Object.entries(objects).map(([name, object]) => [name, { object } as unknown as never]));
}
function role(...permissions: Permission[]) {
  return { spec: { description: 'For a test.', permissions } };
}
function binding(role: string, environments: string[], teams?: string[]): Binding {
  return { role, environments, ...(teams === undefined ? {} : { teams }) };
}

const platform: PlatformState = {
  platform: { object: { spec: { operators: [operator.id], auditors: [auditor.id] } } } as unknown as Loaded<'Platform'>,
  cells: new Map(), tiers: new Map(), problems: [],
  roles: named({
    viewer: role({ allow: ['tenant.read', 'apps.read'], environments: ['*'] }),
    developer: role({ allow: ['tenant.read', 'apps.read', 'apps.upload', 'apps.deploy', 'logs.read', 'replay.use'], environments: ['*'] }),
    admin: role({ allow: ['tenant.read', 'members.manage', 'apps.read', 'apps.upload', 'apps.deploy', 'logs.read', 'replay.use'], environments: ['*'] }),
    owner: role({ allow: ['tenant.read', 'tenant.delete', 'members.manage', 'apps.read', 'apps.upload', 'apps.deploy', 'logs.read', 'replay.use'], environments: ['*'] }),
  }),
};

function acme(bindings: Binding[] | undefined, roles: Record<string, ReturnType<typeof role>> = {}): TenantState {
  return {
    id: 'acme', directory: 'tenants/ac/acme', problems: [],
    teams: new Map(), vaults: new Map(), sso: new Map(), applications: new Map(),
    environments: named({ dev: {}, prod: {} }), roles: named(roles),
    members: named(bindings === undefined ? {} : { [person.id]: { spec: { bindings } } }),
    serviceAccounts: named({ ci: { spec: { description: 'Pipeline.', bindings: [binding('developer', ['dev'])] } } }),
  };
}
function allowed(tenant: TenantState | undefined, question: Partial<Question> & { action: Action }): boolean {
  return decide(platform, tenant, { subject: person, tenant: 'acme', ...question }).allowed;
}

test('an action of an environment without an environment is denied, whatever the role', () => {
  expect(allowed(acme([binding('owner', ['*'])]), { action: 'replay.use', environment: 'prod' })).toBe(true);
  expect(allowed(acme([binding('owner', ['*'])]), { action: 'replay.use' })).toBe(false);
});

test('a binding holds in its environments only', () => {
  const tenant = acme([binding('developer', ['dev'])]);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'dev' })).toBe(true);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'prod' })).toBe(false);
  expect(allowed(tenant, { action: 'apps.upload' })).toBe(true);
  expect(allowed(tenant, { action: 'apps.read', environment: 'prod' })).toBe(false);
});

test('what touches all environments needs a binding for all: an admin of dev adds no members', () => {
  expect(allowed(acme([binding('admin', ['dev'])]), { action: 'members.manage' })).toBe(false);
  expect(allowed(acme([binding('admin', ['dev', 'prod'])]), { action: 'members.manage', environment: 'dev' })).toBe(false);
  expect(allowed(acme([binding('admin', ['*'])]), { action: 'members.manage' })).toBe(true);
});

test('a custom role: replay in dev but not in prod', () => {
  const roles = { replayer: role({ allow: ['replay.use', 'apps.upload'], environments: ['dev'] }) };
  const tenant = acme([binding('replayer', ['*'])], roles);
  expect(allowed(tenant, { action: 'replay.use', environment: 'dev' })).toBe(true);
  expect(allowed(tenant, { action: 'replay.use', environment: 'prod' })).toBe(false);
  expect(allowed(acme([binding('replayer', ['prod'])], roles), { action: 'apps.upload' })).toBe(false);
});

test('a tenant cannot redefine a built-in role', () => {
  const roles = { viewer: role({ allow: ['tenant.delete'], environments: ['*'] }) };
  expect(allowed(acme([binding('viewer', ['*'])], roles), { action: 'tenant.delete' })).toBe(false);
});

test('a binding for teams holds for their applications, and leaves the tenant readable', () => {
  const tenant = acme([binding('developer', ['*'], ['payments'])]);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'dev', team: 'payments' })).toBe(true);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'dev', team: 'logistics' })).toBe(false);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'dev' })).toBe(false);
  expect(allowed(tenant, { action: 'tenant.read' })).toBe(true);
});

test('operators may do everything, also to a tenant that is not there', () => {
  expect(allowed(undefined, { action: 'tenant.delete', subject: operator })).toBe(true);
});

test('auditors read every tenant and change none', () => {
  const tenant = acme(undefined);
  for (const action of ['tenant.read', 'apps.read', 'audit.read'] as const) expect(allowed(tenant, { action, subject: auditor })).toBe(true);
  for (const action of ['members.manage', 'tenant.delete', 'apps.create', 'settings.manage'] as const) expect(allowed(tenant, { action, subject: auditor })).toBe(false);
  for (const action of ['apps.deploy', 'secrets.reveal', 'secrets.write', 'logs.read', 'changes.approve'] as const) expect(allowed(tenant, { action, environment: 'prod', subject: auditor })).toBe(false);
  expect(allowed(undefined, { action: 'tenant.read', subject: auditor })).toBe(false);
  expect(allowed(tenant, { action: 'tenant.read', subject: { ...deployer, name: auditor.id } })).toBe(false);
});

test('strangers, unknown roles, unknown tenants and other tenants’ service accounts are denied', () => {
  const tenant = acme(undefined);
  expect(allowed(tenant, { action: 'tenant.read' })).toBe(false);
  expect(allowed(tenant, { action: 'tenant.read', subject: { kind: 'person', id: '' } })).toBe(false);
  expect(allowed(acme([binding('nobody', ['*'])]), { action: 'tenant.read' })).toBe(false);
  expect(allowed(undefined, { action: 'tenant.read' })).toBe(false);
  expect(allowed(acme([binding('owner', ['*'])]), { action: 'tenant.read', tenant: 'globex' })).toBe(false);
  expect(allowed(tenant, { action: 'tenant.read', subject: { ...deployer, tenant: 'globex' } })).toBe(false);
  expect(allowed(tenant, { action: 'apps.deploy', environment: 'dev', subject: { ...deployer, name: '__proto__' } })).toBe(false);
});

test('a service account is decided like a person', () => {
  expect(allowed(acme(undefined), { action: 'apps.deploy', environment: 'dev', subject: deployer })).toBe(true);
  expect(allowed(acme(undefined), { action: 'apps.deploy', environment: 'prod', subject: deployer })).toBe(false);
});

test('nobody hands out more than he holds', () => {
  const admin = acme([binding('admin', ['*'])]);
  expect(mayGrant(platform, admin, person, [binding('admin', ['*']), binding('developer', ['dev'])]).allowed).toBe(true);
  expect(mayGrant(platform, admin, person, [binding('owner', ['*'])]).allowed).toBe(false);
  expect(mayGrant(platform, admin, person, [binding('nobody', ['*'])]).allowed).toBe(false);
  const dev = acme([binding('developer', ['dev'])]);
  expect(mayGrant(platform, dev, person, [binding('developer', ['dev'])]).allowed).toBe(true);
  expect(mayGrant(platform, dev, person, [binding('developer', ['*'])]).allowed).toBe(false);
  expect(mayGrant(platform, dev, operator, [binding('owner', ['*'])]).allowed).toBe(true);
});

test('a copy of everything takes a binding for all environments: its history shows those that are gone', () => {
  const roles = { reader: role({ allow: ['tenant.read', 'apps.read', 'secrets.list'], environments: ['*'] }) };
  const clones = (bindings: Binding[]) => mayClone(platform, acme(bindings, roles), person).allowed;
  expect(clones([binding('reader', ['*'])])).toBe(true);
  expect(clones([binding('reader', ['dev', 'prod'])])).toBe(false);
  expect(clones([binding('reader', ['*'], ['orders'])])).toBe(false);
  expect(mayClone(platform, acme(undefined), auditor).allowed).toBe(true);
});
