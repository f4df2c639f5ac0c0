import type { Problem } from '../../problem.ts';
import type { EnvironmentState, TenantState } from '../../state.ts';
import type { AppDeployment, Resources } from '../../types.ts';
import type { EffectiveLimits } from '../../limits.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** What a deployment gets when neither it nor its application says: a rule must not count less than what runs. */
export const DEFAULT_RESOURCES: Resources = { cpu: '250m', memory: '512Mi' };

/** The deployments of an environment fit into its quota together; else the last ones would wait for ever, and nobody would know why. */
export const deploymentsWithinQuota: StateRule = {
  codes: ['quota_exceeded'],
  * check({ tenant, limits }) {
    if (limits === undefined) return;
    for (const environment of tenant.environments.values()) yield* checkEnvironment(tenant, environment, limits);
  },
};

function* checkEnvironment(tenant: TenantState, environment: EnvironmentState, { quota, tier }: EffectiveLimits): Iterable<Problem> {
  let millicores = 0;
  let mebibytes = 0;
  let pods = 0;
  for (const deployment of environment.deployments.values()) {
    const reserved = reservedBy(tenant, deployment.ref.name, deployment.object);
    millicores += reserved.millicores;
    mebibytes += reserved.mebibytes;
    pods += reserved.pods;
    const over = [
      millicores > millicoresOf(quota.cpu) && `${millicores}m of ${quota.cpu} cpu`,
      mebibytes > mebibytesOf(quota.memory) && `${mebibytes}Mi of ${quota.memory} memory`,
      pods > quota.pods && `${pods} of ${quota.pods} pods`,
    ].filter((each) => each !== false);
    if (over.length === 0) continue;
    const pointer = deployment.object.spec.replicas === undefined ? '/spec' : '/spec/replicas';
    yield problemAt(deployment, pointer, 'quota_exceeded', `With this deployment \`${environment.name}\` needs ${over.join(' and ')} (tier \`${tier}\`). Lower replicas or resources here or in another deployment, or choose a higher tier.`);
  }
}

/** What a deployment reserves with all its replicas. */
export interface Reserved {
  readonly millicores: number;
  readonly mebibytes: number;
  readonly pods: number;
}

/** What a deployment reserves while its tenant is active; nothing while it is stopped. */
export function reservedBy(tenant: TenantState, application: string, { spec }: AppDeployment): Reserved {
  const defaults = tenant.applications.get(application)?.application.object.spec.defaults;
  const pods = spec.stopped === true ? 0 : (spec.replicas ?? defaults?.replicas ?? 1);
  const resources = spec.resources ?? defaults?.resources ?? DEFAULT_RESOURCES;
  return { pods, millicores: pods * millicoresOf(resources.cpu), mebibytes: pods * mebibytesOf(resources.memory) };
}

/** `500m` → 500, `2` → 2000. */
export function millicoresOf(cpu: string): number {
  return cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000;
}

const units: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024, Ti: 1024 * 1024 };

/** `2Gi` → 2048. */
export function mebibytesOf(memory: string): number {
  return Number(memory.slice(0, -2)) * (units[memory.slice(-2)] ?? Number.NaN);
}
