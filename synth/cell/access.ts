import type { Manifest } from '../files.ts';
import { KubeClusterRole, KubeClusterRoleBinding, KubeNamespace, KubeServiceAccount, type PolicyRule } from '../kubernetes.ts';
import { commonLabels, platformAccount, platformNamespace } from '../names.ts';
import { environmentRules, serverRules } from '../tenant/access.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** What `flux/` and the tenants' `_tenant/` hold, and what the accounts made there may do: nobody can grant what he hasn't. */
const platformRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['limitranges', 'namespaces', 'resourcequotas', 'serviceaccounts'], verbs },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'], verbs },
  { apiGroups: ['admissionregistration.k8s.io'], resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'], verbs },
  { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories'], verbs },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs },
  ...environmentRules,
  ...serverRules,
];

/** The platform's namespace and the account under which Flux applies what is the platform's own. */
export function platformAccess(): Manifest[] {
  const labels = commonLabels();
  return [
    KubeNamespace.manifest({ metadata: { name: platformNamespace, labels } }) as Manifest,
    KubeServiceAccount.manifest({ metadata: { name: platformAccount, namespace: platformNamespace, labels }, automountServiceAccountToken: false }) as Manifest,
    KubeClusterRole.manifest({ metadata: { name: platformAccount, labels }, rules: platformRules }) as Manifest,
    KubeClusterRoleBinding.manifest({
      metadata: { name: platformAccount, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: platformAccount },
      subjects: [{ kind: 'ServiceAccount', name: platformAccount, namespace: platformNamespace }],
    }) as Manifest,
  ];
}
