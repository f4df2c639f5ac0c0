import type { Manifest } from '../files.ts';
import { KubeRole, KubeRoleBinding, KubeServiceAccount, type PolicyRule } from '../kubernetes.ts';
import { platformNamespace, type Labels } from '../names.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** What an environment's account may write, in its own namespace. */
export const environmentRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets', 'services'], verbs },
  { apiGroups: ['apps'], resources: ['deployments'], verbs },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs },
];

/** What a tenant's account may write in `t-<t>`: the server's chart, and Helm's record of it (a Secret). */
export const serverRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'persistentvolumeclaims', 'secrets', 'services'], verbs },
  { apiGroups: ['apps'], resources: ['deployments'], verbs },
];

/** The account that Flux impersonates: it stands beside Flux, its rights end at the namespace of the same name. */
export function fluxAccount(namespace: string, labels: Labels, rules: PolicyRule[]): Manifest[] {
  return [
    KubeServiceAccount.manifest({ metadata: { name: namespace, namespace: platformNamespace, labels }, automountServiceAccountToken: false }) as Manifest,
    KubeRole.manifest({ metadata: { name: 'flux', namespace, labels }, rules }) as Manifest,
    KubeRoleBinding.manifest({
      metadata: { name: 'flux', namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'flux' },
      subjects: [{ kind: 'ServiceAccount', name: namespace, namespace: platformNamespace }],
    }) as Manifest,
  ];
}
