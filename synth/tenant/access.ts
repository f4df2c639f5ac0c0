import type { Manifest } from '../files.ts';
import { KubeRoleBinding, KubeServiceAccount } from '../kubernetes.ts';
import { accountRoles, platformNamespace, type Labels } from '../names.ts';

/** The account that Flux impersonates: it stands beside Flux, its rights end at the namespace of the same name. */
export function fluxAccount(namespace: string, labels: Labels, role: keyof typeof accountRoles): Manifest[] {
  return [
    KubeServiceAccount.manifest({ metadata: { name: namespace, namespace: platformNamespace, labels }, automountServiceAccountToken: false }) as Manifest,
    KubeRoleBinding.manifest({
      metadata: { name: 'flux', namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: accountRoles[role] },
      subjects: [{ kind: 'ServiceAccount', name: namespace, namespace: platformNamespace }],
    }) as Manifest,
  ];
}
