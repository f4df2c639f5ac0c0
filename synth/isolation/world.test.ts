import { expect, test } from 'vitest';
import { readWorld } from './world.ts';

const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a, namespace: t-x--dev }\nspec: { podSelector: {} }\n';
const flow = '{apiVersion: networking.k8s.io/v1, "kind": "NetworkPolicy", metadata: {name: b, namespace: t-x--dev}, spec: {podSelector: {}, egress: [{}]}}';

test('no way of writing a policy hides it: several documents, flow style, quoted keys, names of files', () => {
  const { policies } = readWorld(new Map([['tenants/x.yaml', `${policy}---\n${flow}`], ['tenants/secret.y.yaml', flow.replace('name: b', 'name: c')]]));
  expect(policies.get('t-x--dev')?.map(({ name, ingress, egress }) => [name, ingress !== undefined, egress !== undefined])).toEqual([['a', true, false], ['b', true, true], ['c', true, true]]);
});

test('a file that can’t be read is a coded error, not a silent gap', () => {
  expect(() => readWorld(new Map([['x.yaml', `${policy}  : [`]]))).toThrow(expect.objectContaining({ code: 'unreadable' }) as Error);
});

test('charts are no manifests', () => {
  expect(readWorld(new Map([['charts/x/templates/deployment.yaml', 'kind: Deployment\n{{- oops']])).pods).toEqual([]);
});
