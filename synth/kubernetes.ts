/**
 * The typed Kubernetes objects that synthesis renders, from cdk8s: `manifest()` checks the fields at compile time and
 * gives the plain object, without a construct tree (about 10 µs an object where a Chart takes 45).
 */
export {
  IntOrString, KubeClusterRole, KubeClusterRoleBinding, KubeDeployment, KubeIngress, KubeLimitRange, KubeNamespace, KubeNetworkPolicy,
  KubePodDisruptionBudget, KubeResourceQuota, KubeRole, KubeRoleBinding, KubeService, KubeServiceAccount, Quantity,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
export type {
  Container, EnvVar, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, PolicyRule, Probe as KubeProbe, Volume, VolumeMount,
} from 'cdk8s-plus-28/lib/imports/k8s.js';
