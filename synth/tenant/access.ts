import type { Manifest } from '../files.ts';
import { KubeRoleBinding, KubeServiceAccount, manifest } from '../kubernetes.ts';
import { accountRoles, platformNamespace, type Labels } from '../names.ts';

/** The account that Flux impersonates: it stands beside Flux, its rights end at the namespace of the same name. */
export function fluxAccount(namespace: string, labels: Labels, role: keyof typeof accountRoles): Manifest[] {
  return [
    manifest(KubeServiceAccount, { metadata: { labels, name: namespace, namespace: platformNamespace }, automountServiceAccountToken: false }),
    manifest(KubeRoleBinding, {
      metadata: { labels, name: 'flux', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: accountRoles[role] },
      subjects: [{ kind: 'ServiceAccount', name: namespace, namespace: platformNamespace }],
    }),
  ];
}
