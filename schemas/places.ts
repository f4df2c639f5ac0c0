import type { KindName, ObjectRef } from './state.ts';

interface Place {
  readonly kind: KindName;
  /** Segments of the path; `{…}` stands for a name. `{prefix}` is the first two letters of the tenant's id. */
  readonly segments: readonly string[];
  /** Which placeholder is the object's own name, where no segment is `{name}`. */
  readonly named: 'name' | 'tenant' | 'environment';
}

const T = 'tenants/{prefix}/{tenant}';
const E = `${T}/environments/{environment}`;

/** Where each kind lives: the table of design section 5. */
const places: readonly Place[] = [
  place('Platform', 'platform.yaml'),
  place('Cell', 'cells/{name}.yaml'),
  place('Tier', 'tiers/{name}.yaml'),
  place('Role', 'roles/{name}.yaml'),
  place('Tenant', `${T}/tenant.yaml`, 'tenant'),
  place('License', `${T}/license.yaml`, 'tenant'),
  place('Settings', `${T}/settings.yaml`, 'tenant'),
  place('Team', `${T}/teams/{name}.yaml`),
  place('Role', `${T}/roles/{name}.yaml`),
  place('Member', `${T}/members/{name}.yaml`),
  place('ServiceAccount', `${T}/serviceaccounts/{name}.yaml`),
  place('VaultConnection', `${T}/vaults/{name}.yaml`),
  place('SsoConnection', `${T}/sso/{name}.yaml`),
  place('Application', `${T}/apps/{name}/app.yaml`),
  place('Release', `${T}/apps/{application}/releases/{name}.yaml`),
  place('Environment', `${E}/environment.yaml`, 'environment'),
  place('EnvironmentKey', `${E}/key.yaml`, 'environment'),
  place('AppDeployment', `${E}/apps/{name}.yaml`),
  place('Hold', `${E}/holds/{name}.yaml`),
  place('Ingress', `${E}/ingresses/{name}.yaml`),
  place('Secret', `${E}/secrets/{name}.yaml`),
];

const slug = /^[a-z](?:-?[a-z0-9])*$/;
const user = /^usr_[a-z0-9]{16}$/;
const release = /^v[1-9][0-9]{0,8}(?:-r[1-9][0-9]{0,4})?$/;

/** Templates of every place, for messages and documentation. */
export const placeTemplates: readonly string[] = places.map((each) => each.segments.join('/'));

/** `tenants/<first two letters>/<id>` */
export function tenantDirectory(id: string): string {
  return `tenants/${id.slice(0, 2)}/${id}`;
}

/**
 * The object that a path of the state repository names; undefined for a path that holds none. Environment and
 * EnvironmentKey carry their environment as `environment` and as `name`; Tenant, License and Settings carry the tenant as
 * both.
 */
export function refOfPath(path: string): ObjectRef | undefined {
  const segments = path.split('/');
  for (const each of places) {
    if (each.segments.length !== segments.length) continue;
    const ref = match(each, segments);
    if (ref !== undefined) return ref;
  }
  return undefined;
}

/**
 * The path of an object. `environment` may be left out for Environment and EnvironmentKey, `name` decides there. Throws a
 * TypeError for a ref that can't have a path (a missing tenant, environment or application, or an impossible name).
 */
export function pathOfRef(ref: ObjectRef): string {
  const found = places.find((each) => each.kind === ref.kind && each.segments.includes('{tenant}') === (ref.tenant !== undefined));
  if (found === undefined) throw new TypeError(`A ${ref.kind} ${ref.tenant === undefined ? 'needs' : 'has no'} tenant.`);
  const values: Record<string, string | undefined> = {
    '{prefix}': ref.tenant?.slice(0, 2), '{tenant}': ref.tenant, '{environment}': found.named === 'environment' ? ref.name : ref.environment,
    '{application}': ref.application, '{name}.yaml': `${ref.name}.yaml`, '{name}': ref.name,
  };
  const path = found.segments.map((segment) => {
    const value = segment.startsWith('{') ? values[segment] : segment;
    if (value === undefined) throw new TypeError(`A ${ref.kind} needs ${segment.slice(1, -1)} in its ref.`);
    return value;
  }).join('/');
  if (match(found, path.split('/')) === undefined) throw new TypeError(`No ${ref.kind} can have the path ${path}.`);
  return path;
}

/** The id of the tenant whose folder holds the path, when there is one. */
export function tenantOfPath(path: string): string | undefined {
  const [root, prefix, id] = path.split('/', 4);
  return root === 'tenants' && id !== undefined && isTenantId(id) && prefix === id.slice(0, 2) ? id : undefined;
}

/** 2–20 of `[a-z0-9-]`, a letter first, no `--`, no trailing `-`. */
export function isTenantId(id: string): boolean {
  return id.length >= 2 && id.length <= 20 && slug.test(id);
}

function place(kind: KindName, template: string, named: Place['named'] = 'name'): Place {
  return { kind, segments: template.split('/'), named };
}

function match(each: Place, segments: readonly string[]): ObjectRef | undefined {
  const found: Names = {};
  for (const [index, pattern] of each.segments.entries()) {
    if (!take(found, pattern, segments[index] ?? '')) return undefined;
  }
  const name = each.kind === 'Platform' ? 'platform' : found[each.named];
  if (name === undefined || !isName(each.kind, name) || !possible(found, segments[1])) return undefined;
  const { tenant, environment, application } = found;
  return { kind: each.kind, ...(tenant !== undefined && { tenant }), ...(environment !== undefined && { environment }), ...(application !== undefined && { application }), name };
}

interface Names { tenant?: string; environment?: string; application?: string; name?: string }

/** Matches one segment of a path and keeps the name in it. */
function take(found: Names, pattern: string, segment: string): boolean {
  switch (pattern) {
    case '{prefix}': return true;
    case '{tenant}': found.tenant = segment; return true;
    case '{environment}': found.environment = segment; return true;
    case '{application}': found.application = segment; return true;
    case '{name}': found.name = segment; return true;
    case '{name}.yaml':
      found.name = segment.slice(0, -5);
      return segment.endsWith('.yaml');
    default: return pattern === segment;
  }
}

function possible({ tenant, environment, application }: Names, prefix: string | undefined): boolean {
  return (tenant === undefined || (isTenantId(tenant) && prefix === tenant.slice(0, 2)))
    && (environment === undefined || isSlug(environment, 20)) && (application === undefined || isSlug(application, 40));
}

function isName(kind: KindName, name: string): boolean {
  if (kind === 'Member') return user.test(name);
  if (kind === 'Release') return release.test(name);
  return isSlug(name, 40);
}

function isSlug(text: string, longest: number): boolean {
  return text.length >= 1 && text.length <= longest && slug.test(text);
}
