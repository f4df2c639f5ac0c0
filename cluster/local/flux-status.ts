import type { KubernetesObject } from '../driver.ts';
import { inventoryId, type AssembledKustomization } from './assemble-cell.ts';
import { conditionsOf, nextConditions, type ConditionInput } from './conditions.ts';

/** Status of a Kustomization after an attempt to apply `revision`. `errors`: what could not be applied. */
export function kustomizationStatus(applied: AssembledKustomization, revision: string, before: KubernetesObject | undefined, now: Date): object {
  const { kustomization, objects } = applied;
  const failed = applied.errors.length > 0;
  const previous = before?.['status'] as { lastAppliedRevision?: string; inventory?: object } | undefined;
  if (kustomization.spec.suspend === true) {
    return { ...previous, conditions: nextConditions(conditionsOf(before), [{ type: 'Ready', status: 'Unknown', reason: 'Suspended', message: 'The Kustomization is suspended: nothing of it is applied.' }], now) };
  }
  const lastAppliedRevision = failed ? previous?.lastAppliedRevision : revision;
  const ready: ConditionInput = failed
    ? { type: 'Ready', status: 'False', reason: 'ReconciliationFailed', message: applied.errors.join(' ') }
    : { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: `Applied revision: ${revision}` };
  return {
    observedGeneration: before?.metadata.generation ?? 1,
    lastAttemptedRevision: revision,
    ...(lastAppliedRevision === undefined ? {} : { lastAppliedRevision }),
    inventory: { entries: objects.map(({ object }) => ({ id: inventoryId(object), v: object.apiVersion.split('/').at(-1) })).sort((a, b) => (a.id < b.id ? -1 : 1)) },
    conditions: nextConditions(conditionsOf(before), [ready], now),
  };
}

/** Charts are not run locally; a HelmRelease that is suspended says so, as it would be in a cluster. */
export function helmReleaseStatus(release: KubernetesObject, before: KubernetesObject | undefined, now: Date): object {
  const { suspend } = (release['spec'] ?? {}) as { suspend?: boolean };
  const condition: ConditionInput = suspend === true
    ? { type: 'Ready', status: 'Unknown', reason: 'Suspended', message: suspendedMessage(release) }
    : { type: 'Ready', status: 'Unknown', reason: 'NotEnforcedLocally', message: 'The local runner does not run Helm charts.' };
  return { observedGeneration: before?.metadata.generation ?? 1, conditions: nextConditions(conditionsOf(before), [condition], now) };
}

function suspendedMessage(release: KubernetesObject): string {
  const why = Object.entries(release.metadata.annotations ?? {}).find(([name]) => name.startsWith('cameleer.io/suspend'))?.[1];
  return why ?? 'The HelmRelease is suspended.';
}
