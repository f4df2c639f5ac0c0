import { effectiveLimits, mebibytesOf, millicoresOf, reservedBy } from '../../schemas/index.ts';
import type { EffectiveLimits, EnvironmentState, Limit, TenantState } from '../../schemas/index.ts';
import type { PartSource, PartState } from './plan-part.ts';

/** From this share of a limit on, a change that comes nearer to it says so. */
const near = 0.9;

interface Level {
  /** `prod cpu`, `environments` */
  readonly subject: string;
  readonly used: number;
  readonly limit: number;
  readonly text: string;
}

/** Limits of tier and licence to which the change brings the tenant near, or nearer. */
export function limitsNear({ before, after }: Pick<PartSource, 'before' | 'after'>): { readonly subject: string; readonly message: string }[] {
  if (before.tenant === after.tenant && before.platform === after.platform) return [];
  const old = new Map(levelsOf(before).map((level) => [level.subject, share(level)]));
  return levelsOf(after)
    .filter((level) => share(level) >= near && share(level) > (old.get(level.subject) ?? 0))
    .map(({ subject, text }) => ({ subject, message: text }));
}

function share({ used, limit }: Level): number {
  return limit === 0 ? 0 : used / limit;
}

function levelsOf({ platform, tenant }: PartState): Level[] {
  const limits = tenant && effectiveLimits(platform, tenant);
  if (tenant === undefined || limits === undefined) return [];
  return [
    ...count('environments', tenant.environments.size, limits.environments.max, limits),
    ...count('teams', tenant.teams.size, limits.teams, limits),
    ...count('vaults', tenant.vaults.size, limits.vaults, limits),
    ...[...tenant.environments.values()].flatMap((environment) => quotaLevels(tenant, environment, limits)),
  ];
}

function count(what: string, used: number, limit: Limit, { tier }: EffectiveLimits): Level[] {
  return limit === 'unlimited' ? [] : [{ subject: what, used, limit, text: `${used} of ${limit} ${what} that tier ${tier} and the licence allow.` }];
}

function quotaLevels(tenant: TenantState, environment: EnvironmentState, { quota, tier }: EffectiveLimits): Level[] {
  const reserved = [...environment.deployments.values()].map(({ ref, object }) => reservedBy(tenant, ref.name, object));
  const sum = (of: (each: (typeof reserved)[number]) => number) => reserved.reduce((total, each) => total + of(each), 0);
  const level = (what: string, used: number, limit: number, shown: string): Level => ({
    subject: `${environment.name} ${what}`, used, limit, text: `${environment.name} of ${tenant.id} reserves ${shown} (${Math.round((used / limit) * 100)} %) of tier ${tier}.`,
  });
  const [millicores, mebibytes, pods] = [sum((each) => each.millicores), sum((each) => each.mebibytes), sum((each) => each.pods)];
  return [
    level('cpu', millicores, millicoresOf(quota.cpu), `${millicores}m of ${quota.cpu} cpu`),
    level('memory', mebibytes, mebibytesOf(quota.memory), `${mebibytes}Mi of ${quota.memory} memory`),
    level('pods', pods, quota.pods, `${pods} of ${quota.pods} pods`),
  ];
}
