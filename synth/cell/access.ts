import type { Manifest } from '../files.ts';
import { KubeClusterRole, KubeClusterRoleBinding, KubeNamespace, KubeRole, KubeRoleBinding, KubeServiceAccount, manifest, type PolicyRule } from '../kubernetes.ts';
import { accountRoles, commonLabels, platformAccount, platformNamespace } from '../names.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** What an environment's account may write, where it is bound. */
const environmentRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets', 'services'], verbs },
  { apiGroups: ['apps'], resources: ['deployments'], verbs },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs },
];

/** What a tenant's account may write, where it is bound: the server's chart, and Helm's record of it (a Secret). */
const serverRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'persistentvolumeclaims', 'secrets', 'services'], verbs },
  { apiGroups: ['apps'], resources: ['deployments'], verbs },
];

/** Everywhere: what frames a tenant's namespaces. It may hand out the two roles above and no other right. */
const frameRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['limitranges', 'namespaces', 'resourcequotas'], verbs },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs },
  { apiGroups: ['rbac.authorization.k8s.io'], resourceNames: Object.values(accountRoles), resources: ['clusterroles'], verbs: ['bind'] },
];

/** In the platform's own namespace only: keys, accounts and what Flux reads. */
const ownRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets', 'serviceaccounts'], verbs },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs },
];

/** The platform's namespace, the roles of the tenants' accounts, and the account under which Flux applies every `_tenant/`. */
export function platformAccess(): Manifest[] {
  const labels = commonLabels();
  const subjects = [{ kind: 'ServiceAccount', name: platformAccount, namespace: platformNamespace }];
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = { labels, name: platformAccount };
  const inside = { labels, name: platformAccount, namespace: platformNamespace };
  return [
    manifest(KubeNamespace, { metadata: { labels, name: platformNamespace } }),
    manifest(KubeServiceAccount, { metadata: inside, automountServiceAccountToken: false }),
    manifest(KubeClusterRole, { metadata: { labels, name: accountRoles.environment }, rules: environmentRules }),
    manifest(KubeClusterRole, { metadata: { labels, name: accountRoles.server }, rules: serverRules }),
    manifest(KubeClusterRole, { metadata, rules: frameRules }),
    manifest(KubeClusterRoleBinding, { metadata, roleRef: { apiGroup, kind: 'ClusterRole', name: platformAccount }, subjects }),
    manifest(KubeRole, { metadata: inside, rules: ownRules }),
    manifest(KubeRoleBinding, { metadata: inside, roleRef: { apiGroup, kind: 'Role', name: platformAccount }, subjects }),
  ];
}
