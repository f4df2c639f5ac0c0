import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '../files.ts';
import { renderCells } from '../render-cells.ts';
import { exampleState } from '../testing/example-state.ts';
import { renderCellBase } from './render-cell-base.ts';

interface Rule { resources: string[]; verbs: string[]; resourceNames?: string[] }
type Rbac = Manifest & { rules?: Rule[]; roleRef?: { kind: string; name: string }; subjects?: { name: string; namespace: string }[] };

let objects: Rbac[];
beforeAll(async () => {
  const { platform, tenants } = await exampleState();
  objects = [...renderCells(platform, tenants.values()).get('local')!].filter(([path]) => !path.startsWith('charts/')).map(([, text]) => parse(text) as Rbac);
});
const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);

describe('the accounts of Flux', () => {
  test('a tenant’s account is bound in the namespace of its own name, and nowhere else', () => {
    const bindings = ofKind('RoleBinding').filter(({ metadata }) => metadata.namespace !== 'cameleer-system');
    expect(bindings.length).toBeGreaterThan(8);
    for (const { metadata, roleRef, subjects } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: metadata.namespace, namespace: 'cameleer-system' }]);
      expect(roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.namespace?.includes('--') === true ? 'cameleer-environment' : 'cameleer-server' });
    }
    expect(ofKind('ClusterRoleBinding').map(({ subjects }) => subjects?.map(({ name }) => name))).toEqual([['cameleer-platform']]);
  });

  test('the platform’s account reads no Secret outside its namespace and can hand out two roles only', () => {
    const rules = ofKind('ClusterRole').find(({ metadata }) => metadata.name === 'cameleer-platform')!.rules!;
    expect(rules.flatMap(({ resources }) => resources)).not.toContain('secrets');
    expect(rules.filter(({ resources }) => resources.some((resource) => resource.endsWith('roles')))).toEqual([
      { apiGroups: ['rbac.authorization.k8s.io'], resourceNames: ['cameleer-environment', 'cameleer-server'], resources: ['clusterroles'], verbs: ['bind'] },
    ]);
  });

  test('no right is a wildcard or an escalation', () => {
    const words = objects.flatMap(({ rules = [] }) => rules.flatMap(({ resources, verbs }) => [...resources, ...verbs]));
    expect(words.filter((word) => ['*', 'escalate', 'impersonate', 'pods/exec'].includes(word))).toEqual([]);
  });

  test('every object of Flux runs under the platform’s account or the one of its own name', () => {
    for (const kind of ['Kustomization', 'HelmRelease']) {
      for (const { metadata, spec } of ofKind(kind) as (Manifest & { spec: { serviceAccountName: string; path?: string } })[]) {
        expect(metadata.namespace).toBe('cameleer-system');
        expect(spec.serviceAccountName).toBe(spec.path?.endsWith('/_tenant') === true ? 'cameleer-platform' : metadata.name);
      }
    }
  });
});

test('admission names the cell’s registry, and each policy is bound', async () => {
  const policies = ofKind('ValidatingAdmissionPolicy').map(({ metadata }) => metadata.name);
  expect(policies).toEqual(['cameleer-flux', 'cameleer-images', 'cameleer-pods']);
  expect(ofKind('ValidatingAdmissionPolicyBinding').map(({ metadata }) => metadata.name)).toEqual(policies);
  const { platform } = await exampleState();
  expect(renderCellBase(platform, 'eu1').get('flux/validatingadmissionpolicy.cameleer-images.yaml')).toContain("'registry.eu1.cameleer.example/apps/'");
});

test('a cell that doesn’t exist is a coded error', async () => {
  const { platform } = await exampleState();
  expect(() => renderCellBase(platform, 'nowhere')).toThrow(expect.objectContaining({ code: 'unresolved' }) as Error);
});
