import { array, assert, constantFrom, option, property, record, subarray } from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type Subject } from '../access/index.ts';
import { privilegesAdded } from '../engine/plan/privileges-added.ts';
import { actionReach, loadPlatform, loadTenant, type Action, type Binding, type Permission, type PlatformState, type TenantState } from '../schemas/index.ts';

const actions: readonly Action[] = ['tenant.read', 'members.manage', 'apps.read', 'apps.deploy', 'apps.delete', 'secrets.write', 'audit.read'];
const environments = ['dev', 'prod'] as const;
const teams = ['a', 'b'] as const;
const people = ['usr_person0000000001', 'usr_person0000000002'] as const;

const scope = constantFrom<readonly ('dev' | 'prod' | '*')[]>(['*'], ['dev'], ['prod'], ['dev', 'prod']);
const permission = record({ allow: subarray([...actions], { minLength: 1 }), environments: scope });
const binding = record({ role: constantFrom('one', 'two', 'none'), environments: scope, teams: option(subarray([...teams], { minLength: 1 }), { nil: undefined }) });
const access = record({ roles: record({ one: array(permission, { maxLength: 2 }), two: array(permission, { maxLength: 2 }) }), members: record({ [people[0]]: array(binding, { maxLength: 2 }), [people[1]]: option(array(binding, { maxLength: 2 }), { nil: undefined }) }) });

interface Access {
  readonly roles: Readonly<Record<string, readonly unknown[]>>;
  readonly members: Readonly<Record<string, readonly unknown[] | undefined>>;
}

const platform: PlatformState = loadPlatform([]);
let versions = 0;

/** A tenant with nothing but roles and members; each with a blob id of its own, as changed files have. */
function tenantOf({ roles, members }: Access): TenantState {
  versions += 1;
  const oid = String(versions);
  const empty = loadTenant('acme', []);
  const loaded = (kind: 'Role' | 'Member', name: string, spec: object) => [name, { ref: { kind, tenant: 'acme', name }, path: `${kind}/${name}`, oid, object: { spec }, text: '', locate: () => ({ line: 1, column: 1, pointer: '' }) }] as const;
  return {
    ...empty,
    roles: new Map(Object.entries(roles).map(([name, permissions]) => loaded('Role', name, { permissions: permissions as Permission[] }))) as unknown as TenantState['roles'],
    members: new Map(Object.entries(members).flatMap(([name, bindings]) => (bindings === undefined ? [] : [loaded('Member', name, { bindings: bindings as Binding[] })]))) as unknown as TenantState['members'],
  };
}

/** Every question there is, also about an environment and a team that nobody names. */
function mayDo(tenant: TenantState, id: string): Set<string> {
  const subject: Subject = { kind: 'person', id };
  const asked = actions.flatMap((action) => [undefined, ...environments, 'other'].flatMap((environment) => [undefined, ...teams, 'other'].map((team) => ({ action, environment, team }))));
  const allowed = asked.filter(({ action, environment, team }) => {
    // An action that touches everything is asked without an environment.
    if (actionReach[action] === 'everywhere' && environment !== undefined) return false;
    return decide(platform, tenant, { subject, tenant: 'acme', action, ...(environment !== undefined && { environment }), ...(team !== undefined && { team }) }).allowed;
  });
  return new Set(allowed.map((question) => JSON.stringify(question)));
}

test('a plan says of exactly those people that they may do more who are allowed something more', () => {
  assert(property(access, access, (old, fresh) => {
    const [before, after] = [tenantOf(old), tenantOf(fresh)];
    const named = new Set(privilegesAdded({ tenant: 'acme', before: { platform, tenant: before }, after: { platform, tenant: after } }).map(({ subject }) => subject.split(' ')[0]));
    for (const id of people) {
      const known = mayDo(before, id);
      expect(named.has(id), id).toBe([...mayDo(after, id)].some((question) => !known.has(question)));
    }
  }), { numRuns: 300 });
});
