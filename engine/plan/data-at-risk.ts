import { effectiveLimits } from '../../schemas/index.ts';
import type { EnvironmentState } from '../../schemas/index.ts';
import type { ChangedFile, PartSource, PartState } from './plan-part.ts';
import type { DataAtRisk } from './types.ts';

const stateful: Readonly<Record<string, string>> = {
  'helm.toolkit.fluxcd.io/v2/HelmRelease': 'the observability data of',
  'v1/PersistentVolumeClaim': 'a volume of',
  'apps/v1/StatefulSet': 'the volumes of',
  'v1/Namespace': 'everything in a namespace of',
};

/** What a change does to data that no repository holds, or that could not be read any more. */
export function dataAtRisk(source: PartSource, changed: readonly ChangedFile[]): DataAtRisk[] {
  const { tenant } = source;
  if (tenant === undefined) return [];
  const found = [...statefulObjects(tenant, changed), ...shortenedRetention(tenant, source), ...secretsLost(tenant, source)];
  return found.sort((a, b) => (`${a.object} ${a.effect}` < `${b.object} ${b.effect}` ? -1 : 1));
}

/** An object that goes in one cell and comes in another has moved; what it holds stays where it was. */
function statefulObjects(tenant: string, changed: readonly ChangedFile[]): DataAtRisk[] {
  const objects = changed.flatMap(({ object }) => (object !== undefined && object.kind in stateful ? [object] : []));
  const come = new Set(objects.filter(({ before }) => before === undefined).map(({ kind, name }) => `${kind} ${name}`));
  return objects.filter(({ after }) => after === undefined).map(({ kind, name }) => ({
    tenant, object: `${kind} ${name}`, effect: come.has(`${kind} ${name}`) ? 'not_moved' : 'deleted', data: `${stateful[kind] ?? ''} ${tenant}`,
  }));
}

function retentionOf({ platform, tenant }: PartState): number | undefined {
  const days = tenant && effectiveLimits(platform, tenant)?.retentionDays;
  return typeof days === 'number' ? days : undefined;
}

function shortenedRetention(tenant: string, { before, after }: PartSource): DataAtRisk[] {
  if (before.tenant === after.tenant && before.platform === after.platform) return [];
  const [old, current] = [retentionOf(before), retentionOf(after)];
  if (current === undefined || (old === undefined ? before.tenant === undefined : old <= current)) return [];
  return [{ tenant, object: after.tenant?.tenant?.path ?? tenant, effect: 'shortened', data: `the observability data of ${tenant} older than ${current} days` }];
}

/** Secrets whose environment gets another key, or none, and that are not encrypted again along with it. */
function secretsLost(tenant: string, { before, after }: PartSource): DataAtRisk[] {
  if (before.tenant === after.tenant) return [];
  return [...(before.tenant?.environments.values() ?? [])].flatMap((environment) => {
    const now = after.tenant?.environments.get(environment.name);
    if (now === undefined || recipientOf(environment) === recipientOf(now)) return [];
    const kept = [...environment.secrets.values()].filter(({ ref, oid }) => now.secrets.get(ref.name)?.oid === oid);
    return kept.map(({ ref, path }): DataAtRisk => ({ tenant, object: path, effect: 'unreadable', data: `the secret ${ref.name} of ${tenant} in ${environment.name}` }));
  });
}

function recipientOf(environment: EnvironmentState): string | undefined {
  return environment.key?.object.spec.recipients.environment;
}
