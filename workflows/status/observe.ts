import type { ClusterDriver, KubernetesObject } from '../../cluster/driver.ts';
import type { Place } from '../find.ts';

/** What the cluster says about one application in one environment. */
export interface Observed {
  readonly deployment: KubernetesObject | undefined;
  readonly pods: readonly KubernetesObject[];
  readonly kustomization: KubernetesObject | undefined;
  readonly service: KubernetesObject | undefined;
  readonly events: readonly KubernetesObject[];
}

export function namespaceOf(place: Pick<Place, 'tenant' | 'environment'>): string {
  return `t-${place.tenant}--${place.environment}`;
}

export function observe(driver: ClusterDriver, place: Place): Observed {
  const namespace = namespaceOf(place);
  const name = place.application;
  const [deployment] = driver.list({ kind: 'Deployment', namespace, name });
  const [service] = driver.list({ kind: 'Service', namespace, name });
  const pods = driver.list({ kind: 'Pod', namespace }).filter((pod) => pod.metadata.labels?.['app.kubernetes.io/name'] === name);
  const kustomization = driver
    .list({ kind: 'Kustomization' })
    .find((each) => each.metadata.labels?.['cameleer.io/tenant'] === place.tenant && each.metadata.labels?.['cameleer.io/environment'] === place.environment);
  const names = new Set([name, ...pods.map((pod) => pod.metadata.name)]);
  const events = driver.list({ kind: 'Event', namespace }).filter((event) => names.has((event['involvedObject'] as { name?: string } | undefined)?.name ?? ''));
  return { deployment, pods, kustomization, service, events };
}
