import { beforeAll, describe, expect, test } from 'vitest';
import type { State } from '../../schemas/index.ts';
import { FileCollector, objectBehind, type Manifest } from '../files.ts';
import { exampleState } from '../testing/example-state.ts';
import { renderTenant } from '../tenant/render-tenant.ts';
import type { Opening } from '../types.ts';
import { intersect, portsOf, without } from './ports.ts';
import { proveTenant } from './prove-tenant.ts';
import { matches } from './selector.ts';

let state: State;
beforeAll(async () => {
  state = await exampleState();
});

/** Openings of acme with one more policy in its dev environment. */
function openingsWith(spec: Manifest['metadata'] | object): Opening[] {
  const tenant = state.tenants.get('acme')!;
  const own = renderTenant(state.platform, tenant).get('local')!;
  const files = new FileCollector();
  for (const [path, text] of own) {
    const object = objectBehind(own, path, text);
    if (object !== undefined) files.addAt(path, object);
  }
  files.addAt('tenants/ac/acme/_tenant/extra.yaml', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'extra', namespace: 't-acme--dev' }, spec: spec as Manifest['metadata'] });
  return proveTenant(state.platform, tenant, new Map([['local', files.files()]]));
}
const from = (peer: object) => ({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [peer] }] });

describe('a witness stands for whoever an expression lets in', () => {
  test.each([
    ['every tenant but this one', { namespaceSelector: { matchExpressions: [{ key: 'cameleer.io/tenant', operator: 'NotIn', values: ['acme'] }] } }, /^t-witness/],
    ['any tenant', { namespaceSelector: { matchExpressions: [{ key: 'cameleer.io/tenant', operator: 'Exists' }] } }, /^t-witness/],
    ['one tenant by label', { namespaceSelector: { matchExpressions: [{ key: 'cameleer.io/tenant', operator: 'In', values: ['globex', 'umbrella'] }] } }, /^t-umbrella/],
    ['one namespace by name', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 't-umbrella--uat' } } }, /^t-umbrella--uat/],
    ['a name that looks like ours', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 't-acme-prod--dev' } } }, /^t-acme-prod--dev/],
    ['an environment of everybody', { namespaceSelector: { matchLabels: { 'cameleer.io/environment': 'uat' } } }, /^t-witness--uat/],
    ['one application of everybody', { namespaceSelector: {}, podSelector: { matchLabels: { 'app.kubernetes.io/name': 'payments' } } }, /^t-witness--witness\/payments/],
    ['pods without a name', { namespaceSelector: {}, podSelector: { matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'DoesNotExist' }] } }, /^t-witness.*\/\*$/],
    ['the cluster’s own namespaces', { namespaceSelector: { matchExpressions: [{ key: 'cameleer.io/tenant', operator: 'DoesNotExist' }] } }, /^kube-system/],
    ['a namespace of the cluster by label', { namespaceSelector: { matchLabels: { team: 'ops' } }, podSelector: { matchLabels: { app: 'scraper' } } }, /^witness-system/],
    ['pods by their addresses', { ipBlock: { cidr: '10.244.0.0/24' } }, /^t-witness/],
  ])('%s', (_, peer, witness) => {
    const found = openingsWith(from(peer)).filter(({ to }) => to === 't-acme--dev/orders');
    expect(found.map((opening) => opening.from).filter((name) => witness.test(name))).not.toEqual([]);
    expect(found.every(({ because, message }) => because.includes('tenants/ac/acme/_tenant/extra.yaml:extra') && message.includes('t-acme--dev/orders'))).toBe(true);
  });

  test('nothing is found where the expression lets nobody else in', () => {
    expect(openingsWith(from({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 't-acme--dev' } } }))).toEqual([]);
    expect(openingsWith(from({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 't-globex--prod', 'cameleer.io/tenant': 'initech' } } }))).toEqual([]);
  });

  test('between a tenant’s own namespaces, what one side alone opens stays closed', () => {
    const to = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'cameleer.io/tenant': 'acme' } } }] }] };
    expect(openingsWith(to)).toEqual([]);
    expect(openingsWith({ ...to, egress: [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 't-acme' } } }] }] }).map((one) => `${one.from} ${one.to}`)).toEqual([]);
  });
});

test('selectors match as Kubernetes does', () => {
  const labels = { a: '1' };
  const one = (operator: string, key: string, values?: string[]) => matches({ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] }, labels);
  expect([one('In', 'a', ['1']), one('In', 'a', ['2']), one('In', 'b', ['1'])]).toEqual([true, false, false]);
  expect([one('NotIn', 'a', ['1']), one('NotIn', 'a', ['2']), one('NotIn', 'b', ['1'])]).toEqual([false, true, true]);
  expect([one('Exists', 'a'), one('Exists', 'b'), one('DoesNotExist', 'a'), one('DoesNotExist', 'b')]).toEqual([true, false, false, true]);
});

test('ports: names, ranges, protocols', () => {
  const named = new Map([['http', 8080]]);
  expect(portsOf([{ port: 'http' }, { port: 'none' }, { port: 1000, endPort: 2000, protocol: 'UDP' }], named)).toEqual([{ protocol: 'TCP', first: 8080, last: 8080 }, { protocol: 'UDP', first: 1000, last: 2000 }]);
  const udp = [{ protocol: 'UDP', first: 0, last: 65_535 }];
  expect(intersect(udp, portsOf([{ port: 53, protocol: 'UDP' }, { port: 53 }], named))).toEqual([{ protocol: 'UDP', first: 53, last: 53 }]);
  expect(without(udp, [{ protocol: 'UDP', first: 53, last: 53 }])).toEqual([{ protocol: 'UDP', first: 0, last: 52 }, { protocol: 'UDP', first: 54, last: 65_535 }]);
});
