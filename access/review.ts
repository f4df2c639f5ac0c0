import type { Action, Binding, PlatformState, TenantState } from '../schemas/index.ts';
import { actionReach } from '../schemas/index.ts';
import { auditing, bindingsOf, decide } from './decide.ts';
import type { Subject } from './decide.ts';

/** What a subject may do in one place. */
export interface AccessRow {
  /** `*`: all tenants. */
  readonly tenant: string;
  /** `*`: what belongs to no environment, or is the same in all. */
  readonly environment: string;
  /** `usr_…` or the service account's name. */
  readonly subject: string;
  readonly kind: 'operator' | 'auditor' | 'person' | 'service account';
  /** Only for applications of this team. */
  readonly team?: string;
  readonly bindings: readonly Binding[];
  /** In order; empty for whoever has bindings that allow nothing. */
  readonly actions: readonly Action[];
}

const actions = (Object.keys(actionReach) as Action[]).sort();
const ofEnvironments = actions.filter((action) => actionReach[action] === 'environment');
const ofTenants = actions.filter((action) => actionReach[action] !== 'environment');

/** Who may do what in every tenant, by platform.yaml. */
export function reviewPlatform(platform: PlatformState): readonly AccessRow[] {
  const { operators = [], auditors = [] } = platform.platform?.object.spec ?? {};
  const everywhere = { tenant: '*', environment: '*', bindings: [] };
  return [
    ...operators.map((subject) => Object.assign({ subject, kind: 'operator', actions } as const, everywhere)),
    ...auditors.map((subject) => Object.assign({ subject, kind: 'auditor', actions: [...auditing].sort() } as const, everywhere)),
  ];
}

/**
 * Who may do what in a tenant: for each member and service account what belongs to no environment, then each environment, and
 * what a binding to a team adds for that team's applications. Decided by `decide`, as every request is. `environment`: only there.
 */
export function reviewTenant(platform: PlatformState, tenant: TenantState, environment?: string): readonly AccessRow[] {
  const people = [...tenant.members.keys()].map((id): Subject => ({ kind: 'person', id }));
  const accounts = [...tenant.serviceAccounts.keys()].map((name): Subject => ({ kind: 'serviceAccount', tenant: tenant.id, name }));
  const places = environment === undefined ? [undefined, ...tenant.environments.keys()] : [environment];
  // An operator's own rows stand for the whole platform; here is what the tenant gives them.
  const own = withoutOperators(platform);
  return [...people, ...accounts].flatMap((subject) => places.flatMap((place) => rowsOf(own, tenant, subject, place)));
}

function withoutOperators(platform: PlatformState): PlatformState {
  const loaded = platform.platform;
  if (loaded === undefined) return platform;
  return { ...platform, platform: { ...loaded, object: { ...loaded.object, spec: { ...loaded.object.spec, operators: [], auditors: [] } } } };
}

function rowsOf(platform: PlatformState, tenant: TenantState, subject: Subject, environment: string | undefined): AccessRow[] {
  const bindings = bindingsOf(tenant, subject) ?? [];
  const allowed = (team?: string) => (environment === undefined ? ofTenants : ofEnvironments).filter(
    (action) => decide(platform, tenant, { subject, tenant: tenant.id, action, ...(environment === undefined ? {} : { environment }), ...(team === undefined ? {} : { team }) }).allowed,
  );
  const row = { tenant: tenant.id, environment: environment ?? '*', subject: subject.kind === 'person' ? subject.id : subject.name, kind: subject.kind === 'person' ? 'person' : 'service account', bindings } as const;
  const general = allowed();
  const teams = [...new Set(bindings.flatMap((binding) => binding.teams ?? []))].sort();
  const more = teams.map((team) => Object.assign({ team, actions: allowed(team).filter((action) => !general.includes(action)) }, row));
  return [{ ...row, actions: general }, ...more.filter(({ actions: added }) => added.length > 0)];
}
