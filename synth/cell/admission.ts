import type { Cell, PlatformState } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import type { YamlValue } from '../yaml/emit.ts';
import { commonLabels, platformAccount, platformNamespace } from '../names.ts';

interface Policy {
  readonly name: string;
  readonly rules: readonly { readonly groups: readonly string[]; readonly resources: readonly string[] }[];
  /** `tenants`: their namespaces; `cluster`: every namespace. */
  readonly scope: 'tenants' | 'cluster';
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
}

const everyContainer = {
  name: 'containers',
  expression: 'object.spec.containers + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])',
};
const pods = [{ groups: [''], resources: ['pods', 'pods/ephemeralcontainers'] }];

/** A second lock behind what synthesis renders: the API server refuses these whoever asks. Each policy comes with its binding. */
export function admissionPolicies(platform: PlatformState, cell: Cell): Manifest[] {
  return [imagePolicy(platform, cell), podPolicy, fluxPolicy].flatMap((policy) => [policyManifest(policy), bindingManifest(policy)]);
}

function imagePolicy(platform: PlatformState, cell: Cell): Policy {
  const server = platform.platform?.object.spec.images?.server;
  const own = `c.image.startsWith(${celString(`${cell.spec.registry}/`)} + namespaceObject.metadata.labels['cameleer.io/tenant'] + '/')`;
  const allowed = server === undefined ? own : `(${own} || c.image == ${celString(server)})`;
  return {
    name: 'cameleer-images',
    rules: pods,
    scope: 'tenants',
    variables: [everyContainer],
    validations: [
      { expression: `variables.containers.all(c, ${allowed})`, message: `Images come from ${cell.spec.registry}/<tenant>/ only.` },
      { expression: "variables.containers.all(c, c.image.matches('@sha256:[a-f0-9]{64}$'))", message: 'Images are pinned by digest.' },
    ],
  };
}

const podPolicy: Policy = {
  name: 'cameleer-pods',
  rules: pods,
  scope: 'tenants',
  validations: [
    { expression: "object.spec.?serviceAccountName.orValue('default') == 'default'", message: 'Pods of tenants run under no service account but the default one, which has no rights.' },
    { expression: 'object.spec.?automountServiceAccountToken.orValue(true) == false', message: 'Pods of tenants mount no token of the cluster.' },
    { expression: 'object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))', message: 'Pods of tenants mount no path of the node.' },
    {
      expression: '!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)',
      message: 'Pods of tenants share nothing with the node.',
    },
  ],
};

/** Only the platform has Flux objects, and each runs as the platform's account or as the account of its own name. */
const fluxPolicy: Policy = {
  name: 'cameleer-flux',
  rules: [{ groups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'] }, { groups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'] }],
  scope: 'cluster',
  validations: [
    { expression: `!object.metadata.namespace.startsWith('t-') || object.metadata.namespace == '${platformNamespace}'`, message: `Objects of Flux live in ${platformNamespace} only.` },
    {
      expression: `object.metadata.namespace != '${platformNamespace}' || object.spec.?serviceAccountName.orValue('') in ['${platformAccount}', object.metadata.name]`,
      message: 'An object of Flux runs under no foreign service account.',
    },
  ],
};

function policyManifest({ name, rules, variables, validations }: Policy): Manifest {
  const resourceRules: YamlValue = rules.map(({ groups, resources }) => ({ apiGroups: groups, apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources }));
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: commonLabels() },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules },
      variables: variables?.map((variable) => ({ ...variable })),
      validations: validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
    },
  };
}

function bindingManifest({ name, scope }: Policy): Manifest {
  const tenants = { namespaceSelector: { matchExpressions: [{ key: 'cameleer.io/tenant', operator: 'Exists' }] } };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels: commonLabels() },
    spec: { policyName: name, validationActions: ['Deny', 'Audit'], matchResources: scope === 'tenants' ? tenants : undefined },
  };
}

function celString(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
}
