import { objectsOfTenant } from './objects.ts';
import { refOfPath } from './places.ts';
import type { Problem } from './problem.ts';
import type { KindName, Loaded, ObjectRef, PlatformState, TenantState } from './state.ts';

type Named = (name: string, by: ObjectRef) => readonly ObjectRef[];

/** For each code that says "there is no …": the objects that were meant, from the name at the problem's pointer. */
const meant: Readonly<Record<string, Named>> = {
  tier_unknown: (name) => [{ kind: 'Tier', name }],
  cell_unknown: (name) => [{ kind: 'Cell', name }],
  role_unknown: (name, by) => [{ kind: 'Role', name }, { kind: 'Role', ...tenantOf(by), name }],
  team_unknown: (name, by) => [{ kind: 'Team', ...tenantOf(by), name }],
  environment_unknown: (name, by) => [{ kind: 'Environment', ...tenantOf(by), name }],
  cell_environment_unknown: (name, by) => [{ kind: 'Environment', ...tenantOf(by), name }],
  application_unknown: (name, by) => [{ kind: 'Application', ...tenantOf(by), name }],
  release_unknown: (name, by) => [{ kind: 'Release', ...tenantOf(by), application: by.name, name }],
  secret_unknown: (name, by) => [{ kind: 'Secret', ...tenantOf(by), ...environmentOf(by), name }],
  secret_of_another_environment: (name, by) => [{ kind: 'Secret', ...tenantOf(by), ...environmentOf(by), name }],
  deployment_unknown: (name, by) => [{ kind: 'AppDeployment', ...tenantOf(by), ...environmentOf(by), name }],
  environment_key_missing: (_name, by) => [{ kind: 'EnvironmentKey', ...tenantOf(by), name: by.environment ?? '' }],
};

/** The problems without those that only follow from a file that couldn't be read: its own problems say what to do. */
export function dropConsequences(problems: readonly Problem[], platform: PlatformState, tenant: TenantState): readonly Problem[] {
  const unread = new Set([...platform.problems, ...tenant.problems].map((problem) => refOfPath(problem.path)).filter((ref) => ref !== undefined).map(keyOf));
  if (unread.size === 0 || problems.length === 0) return problems;
  const objects = new Map(objectsOfTenant(tenant).map((loaded) => [loaded.path, loaded]));
  return problems.filter((problem) => {
    const loaded = objects.get(problem.path);
    const refs = loaded === undefined ? undefined : meant[problem.code]?.(nameAt(loaded, problem), loaded.ref);
    return refs === undefined || !refs.some((ref) => unread.has(keyOf(ref)));
  });
}

/** The name that the problem is about: the value at its pointer; the last part of the pointer where the field's name is meant. */
function nameAt(loaded: Loaded<KindName>, { code, pointer }: Problem): string {
  const parts = pointer.split('/').slice(1);
  if (code === 'cell_environment_unknown') return parts.at(-1) ?? '';
  let value: unknown = loaded.object;
  for (const part of parts) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return String(value);
}

/** One text for each object; an Environment's own `environment` may be left out of its ref. */
function keyOf({ kind, tenant, environment, application, name }: ObjectRef): string {
  const within = kind === 'Environment' || kind === 'EnvironmentKey' ? undefined : environment;
  return JSON.stringify([kind, tenant, within, application, name]);
}

function tenantOf({ tenant }: ObjectRef): { tenant?: string } {
  return tenant === undefined ? {} : { tenant };
}

function environmentOf({ environment }: ObjectRef): { environment?: string } {
  return environment === undefined ? {} : { environment };
}
