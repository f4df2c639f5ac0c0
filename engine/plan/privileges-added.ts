import { actionReach } from '../../schemas/index.ts';
import type { Binding, Loaded, PlatformState, Role, TenantState } from '../../schemas/index.ts';
import type { PartSource, PartState } from './plan-part.ts';

/** What somebody may do: an action in an environment (`*`: in all), for the applications of a team (absent: of all). */
interface Grant {
  readonly action: string;
  readonly environment: string;
  readonly team: string | undefined;
}

interface AddedPrivilege {
  readonly subject: string;
  readonly message: string;
}

/** Who may do more after the change than before, by the roles and bindings of both sides. */
export function privilegesAdded(source: Pick<PartSource, 'tenant' | 'before' | 'after'>): AddedPrivilege[] {
  const { before, after } = source;
  if (source.tenant === undefined) return operatorsAdded(before.platform, after.platform);
  if (after.tenant === undefined || sameAccess(before, after)) return [];
  const old = grantsOf(before);
  return [...grantsOf(after)].flatMap(([who, grants]) => {
    const known = old.get(who) ?? [];
    const added = grants.filter((grant) => !known.some((other) => covers(other, grant)));
    return added.length === 0 ? [] : [describe(who, added)];
  });
}

function operatorsAdded({ platform: before }: PlatformState, { platform: after }: PlatformState): AddedPrivilege[] {
  const added = (of: 'operators' | 'auditors') => after?.object.spec[of]?.filter((id) => before?.object.spec[of]?.includes(id) !== true) ?? [];
  return [
    ...added('operators').map((id) => ({ subject: `${id} operator`, message: `${id} becomes an operator of the platform, who may do everything.` })),
    ...added('auditors').map((id) => ({ subject: `${id} auditor`, message: `${id} becomes an auditor of the platform, who may read all tenants.` })),
  ];
}

function sameAccess(before: PartState, after: PartState): boolean {
  return identity(before) === identity(after);
}

/** Blob ids of everything that a grant is made of. */
function identity({ platform, tenant }: PartState): string {
  const ids = (objects: ReadonlyMap<string, Loaded<'Role'> | Loaded<'Member'> | Loaded<'ServiceAccount'> | Loaded<'SsoConnection'>> | undefined) => [...(objects?.values() ?? [])].map(({ path, oid }) => `${path} ${oid}`).join(' ');
  return [platform.roles, tenant?.roles, tenant?.members, tenant?.serviceAccounts, tenant?.sso].map(ids).join('\n');
}

/** `usr_…`, `service account <name>` or `whoever signs in by <connection>` → what they may do. */
function grantsOf({ platform, tenant }: PartState): Map<string, Grant[]> {
  if (tenant === undefined) return new Map();
  const role = (name: string): Role | undefined => (platform.roles.get(name) ?? tenant.roles.get(name))?.object;
  const grants = (bindings: readonly Binding[]) => bindings.flatMap((binding) => grantsOfBinding(binding, role(binding.role)));
  return new Map([
    ...[...tenant.members.values()].map(({ ref, object }) => [ref.name, grants(object.spec.bindings)] as const),
    ...[...tenant.serviceAccounts.values()].map(({ ref, object }) => [`service account ${ref.name}`, grants(object.spec.bindings)] as const),
    ...signInGrants(tenant, grants),
  ]);
}

/** A connection gives everybody of its domains its default role. */
function signInGrants(tenant: TenantState, grants: (bindings: readonly Binding[]) => Grant[]): (readonly [string, Grant[]])[] {
  return [...tenant.sso.values()].flatMap(({ object }) => {
    const { issuer, domains, defaultRole } = object.spec;
    if (defaultRole === undefined) return [];
    return domains.map((domain) => [`whoever signs in as @${domain} by ${issuer}`, grants([{ role: defaultRole, environments: ['*'] }])] as const);
  });
}

function grantsOfBinding(binding: Binding, role: Role | undefined): Grant[] {
  const teams = binding.teams ?? [undefined];
  return (role?.spec.permissions ?? []).flatMap((permission) =>
    common(binding.environments, permission.environments).flatMap((environment) => permission.allow
      .filter((action) => environment === '*' || actionReach[action] !== 'everywhere')
      .flatMap((action) => teams.map((team) => ({ action, environment, team: action === 'tenant.read' ? undefined : team })))),
  );
}

/** The environments that lie in both scopes. */
function common(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.includes('*')) return b.includes('*') ? ['*'] : b;
  return b.includes('*') ? a : a.filter((name) => b.includes(name));
}

function covers(held: Grant, wanted: Grant): boolean {
  return held.action === wanted.action && (held.environment === '*' || held.environment === wanted.environment) && (held.team === undefined || held.team === wanted.team);
}

function describe(who: string, added: readonly Grant[]): AddedPrivilege {
  const byPlace = Map.groupBy(added, ({ environment, team }) => `${environment === '*' ? 'all environments' : environment}${team === undefined ? '' : ` (team ${team})`}`);
  const places = [...byPlace.keys()].sort().map((place) => `in ${place}: ${[...new Set(byPlace.get(place)?.map(({ action }) => action))].sort().join(', ')}`);
  return { subject: `${who} ${places.join('; ')}`, message: `${who} may do more than before, ${places.join('; ')}.` };
}
