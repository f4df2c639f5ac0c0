import { IntOrString, Quantity } from 'cdk8s-plus-28/lib/imports/k8s.js';
import type { Manifest } from './files.ts';
import type { YamlValue } from './yaml/emit.ts';

/** The typed Kubernetes objects that synthesis renders, from cdk8s. */
export {
  IntOrString, KubeClusterRole, KubeClusterRoleBinding, KubeDeployment, KubeIngress, KubeLimitRange, KubeNamespace, KubeNetworkPolicy,
  KubePodDisruptionBudget, KubeResourceQuota, KubeRole, KubeRoleBinding, KubeService, KubeServiceAccount, Quantity,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
export type {
  Container, EnvVar, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, PolicyRule, Probe as KubeProbe, Volume, VolumeMount,
} from 'cdk8s-plus-28/lib/imports/k8s.js';

interface Kind<Props> {
  readonly GVK: { readonly apiVersion: string; readonly kind: string };
  manifest(props: Props): unknown;
}

/**
 * The plain object of a kind, whose fields cdk8s checks at compile time; fields keep the order in which they are written. Its own
 * `Kind.manifest` copies each object once for each of its fields.
 */
export function manifest<Props extends object>(kind: Kind<Props>, props: NoInfer<Props>): Manifest {
  return { ...kind.GVK, ...(plain(props) as object) } as Manifest;
}

function plain(value: unknown): YamlValue {
  if (typeof value !== 'object' || value === null) return value as YamlValue;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof IntOrString || value instanceof Quantity) return value.value;
  const copy: Record<string, YamlValue> = {};
  for (const [name, each] of Object.entries(value)) if (each !== undefined) copy[name] = plain(each);
  return copy;
}
