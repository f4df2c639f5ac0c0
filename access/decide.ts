import { actionReach } from '../schemas/index.ts';
import type { Action, Binding, PlatformState, Role, TenantState } from '../schemas/index.ts';

/** Who asks: a person or a tenant's service account, as authenticated by the ledger. */
export type Subject =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'serviceAccount'; readonly tenant: string; readonly name: string };

export interface Question {
  readonly subject: Subject;
  readonly action: Action;
  readonly tenant: string;
  /** Absent only for actions that belong to no environment; an environment action without one is denied. */
  readonly environment?: string;
  /** The application's owner team, for bindings limited to teams. */
  readonly team?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Which binding and role allowed it, or why none did; shown as "explain this decision". */
  readonly because: string;
}

export type Decide = (platform: PlatformState, tenant: TenantState | undefined, question: Question) => Decision;

/**
 * Whether the subject may do it, from the roles in the state alone. Denies whatever it can't place: an unknown tenant, a
 * missing environment, a role that doesn't exist. Knows nothing of tiers, licences, suspension or the deny-list: those
 * are asked besides.
 */
export const decide: Decide = (platform, tenant, question) => {
  const who = subjectName(question.subject);
  if (isOperator(platform, question.subject)) return { allowed: true, because: `${who} is an operator of the platform (platform.yaml).` };
  if (tenant !== undefined && auditing.has(question.action) && isAuditor(platform, question.subject)) return { allowed: true, because: `${who} is an auditor of the platform (platform.yaml).` };
  const obstacle = obstacleOf(tenant, question);
  if (tenant === undefined || obstacle !== undefined) return { allowed: false, because: obstacle ?? `There is no tenant ${question.tenant}.` };
  const bindings = bindingsOf(tenant, question.subject);
  if (bindings === undefined) return { allowed: false, because: `${who} is no member of ${question.tenant}.` };
  for (const binding of bindings) {
    if (grants(platform, tenant, binding, question)) return { allowed: true, because: `${who} is bound to ${bindingName(binding)}, which allows ${question.action}.` };
  }
  const held = bindings.map(bindingName).join(', ');
  return { allowed: false, because: `${who} holds ${held} in ${question.tenant}, none of which allows ${question.action}${placeName(question)}.` };
};

export function isOperator(platform: PlatformState, subject: Subject): boolean {
  return subject.kind === 'person' && (platform.platform?.object.spec.operators.includes(subject.id) ?? false);
}

/** What an auditor may do in every tenant: read what stands in the state, which they may clone whole. */
export const auditing: ReadonlySet<Action> = new Set<Action>(['tenant.read', 'apps.read', 'secrets.list', 'audit.read']);

/** May read the whole state repository, and change nothing by it. */
export function isAuditor(platform: PlatformState, subject: Subject): boolean {
  return subject.kind === 'person' && (platform.platform?.object.spec.auditors?.includes(subject.id) ?? false);
}

function obstacleOf(tenant: TenantState | undefined, question: Question): string | undefined {
  const { action, environment, subject } = question;
  if (tenant === undefined || tenant.id !== question.tenant) return `There is no tenant ${question.tenant}.`;
  if (subject.kind === 'serviceAccount' && subject.tenant !== question.tenant) return `${subjectName(subject)} belongs to another tenant.`;
  if (actionReach[action] === 'environment' && environment === undefined) return `${action} is decided per environment, and none was named.`;
  return undefined;
}

/** The bindings that the state gives the subject in the tenant; undefined when it gives none at all. */
export function bindingsOf(tenant: TenantState, subject: Subject): readonly Binding[] | undefined {
  if (subject.kind === 'person') return tenant.members.get(subject.id)?.object.spec.bindings;
  return subject.tenant === tenant.id ? tenant.serviceAccounts.get(subject.name)?.object.spec.bindings : undefined;
}

/** A built-in role wins over a custom one of the same name, so that nobody can redefine `viewer`. */
export function roleOf(platform: PlatformState, tenant: TenantState, name: string): Role | undefined {
  return (platform.roles.get(name) ?? tenant.roles.get(name))?.object;
}

function grants(platform: PlatformState, tenant: TenantState, binding: Binding, question: Question): boolean {
  const permissions = roleOf(platform, tenant, binding.role)?.spec.permissions ?? [];
  return teamFits(binding, question) && permissions.some(
    (permission) => permission.allow.includes(question.action) && reaches([binding.environments, permission.environments], question),
  );
}

function reaches(scopes: readonly (readonly string[])[], { action, environment }: Question): boolean {
  const all = scopes.every((scope) => scope.includes('*'));
  if (all || actionReach[action] === 'everywhere') return all;
  if (environment === undefined) return actionReach[action] === 'anywhere' && overlap(scopes);
  return scopes.every((scope) => scope.includes('*') || scope.includes(environment));
}

/** Whether some environment lies in all scopes: a dev-only permission of a prod-only binding allows nothing. */
function overlap(scopes: readonly (readonly string[])[]): boolean {
  const named = scopes.filter((scope) => !scope.includes('*'));
  return named[0]?.some((environment) => named.every((scope) => scope.includes(environment))) ?? true;
}

/** A binding limited to teams says nothing about what belongs to no application; only the tenant itself stays readable. */
function teamFits(binding: Binding, { action, team }: Question): boolean {
  if (binding.teams === undefined || action === 'tenant.read') return true;
  return team !== undefined && binding.teams.includes(team);
}

function subjectName(subject: Subject): string {
  return subject.kind === 'person' ? subject.id : `${subject.tenant}/${subject.name}`;
}

function bindingName({ role, environments, teams }: Binding): string {
  const places = environments.includes('*') ? 'all environments' : environments.join(', ');
  return `${role} (${places}${teams === undefined ? '' : `; teams ${teams.join(', ')}`})`;
}

function placeName({ environment, team }: Question): string {
  return `${environment === undefined ? '' : ` in ${environment}`}${team === undefined ? '' : ` for team ${team}`}`;
}
