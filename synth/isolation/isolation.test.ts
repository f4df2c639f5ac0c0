import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { State } from '../../schemas/index.ts';
import { FileCollector, type Manifest } from '../files.ts';
import { renderCells } from '../render-cells.ts';
import { exampleState } from '../testing/example-state.ts';
import { openAddresses, openPairs, readScene, type Endpoint, type Scene } from '../testing/brute-force.ts';
import { mutationsOf } from '../testing/mutations.ts';
import { renderTenant } from '../tenant/render-tenant.ts';
import type { Opening, RenderedFiles } from '../types.ts';
import { proveCell } from './prove-cell.ts';
import { proveTenant } from './prove-tenant.ts';

const database = '10.48.16.10';
const nodeLocal = ['169.254.20.10', 'fd00:53::10'];

/** The example with everything that the local cell can have, and a tenant whose name looks like an environment's namespace. */
const cellWithAll = { 'cells/local.yaml': (text: string) => `${text.replace('  dns:\n', `  dns:\n    nodeLocal: ${JSON.stringify(nodeLocal)}\n`)}  databases: [{ name: postgres, cidr: ${database}/32, port: 5432 }]\n` };

/** Addresses of every kind that no tenant may reach: the edges of each excluded range that the example's cells name, and the well-known ones. */
const forbidden = [
  '10.0.0.0', '10.127.0.1', '10.200.0.1', '10.255.255.255', '10.244.3.4', '10.96.0.1', '127.0.0.1', '127.255.255.255', '0.255.255.255', '169.254.169.254', '169.254.20.10', '172.16.0.1', '172.31.255.255', '192.168.0.7', '100.64.0.1',
  '192.0.0.192', '168.63.129.16', '203.0.113.1', '198.51.100.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '0.0.0.1', '192.0.2.1', '192.88.99.1', '198.18.0.1', database,
  '::1', 'fd00:ec2::254', 'fd00:10:244::5', 'fd00:10:96::1', 'fd00:192:168::7', 'fe80::1', 'ff02::1', '2001:db8:113::1', '2001:db8:100::1', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '2001:0:1::1', '3fff::1', '::ffff:0:1', 'fd00:53::10',
];

let state: State;
let local: RenderedFiles;
let scene: Scene;
beforeAll(async () => {
  state = await exampleState(cellWithAll);
  local = renderCells(state.platform, state.tenants.values()).get('local')!;
  scene = readScene(local, (index) => [`10.244.1.${index + 1}`, `fd00:10:244::${index + 1}`]);
});

function wantedAddress(pod: Endpoint, address: string, { protocol, port }: { protocol: string; port: number }): boolean {
  if (nodeLocal.includes(address)) return port === 53;
  return address === database && protocol === 'TCP' && port === 5432 && pod.id.endsWith('/cameleer-server');
}

const cellOf = (name: string) => state.platform.cells.get(name)!.object;
const names = (openings: readonly Opening[]) => new Set(openings.map(({ from, to }) => `${from} ${to}`));
const isPair = (name: string) => name.split(' ').every((end) => end.startsWith('t-'));

test('the example is isolated, by both proofs and by brute force', () => {
  expect(cellOf('local').spec).toMatchObject({ dns: { nodeLocal }, databases: [{ port: 5432 }] });
  for (const tenant of state.tenants.values()) expect(proveTenant(state.platform, tenant, renderTenant(state.platform, tenant))).toEqual([]);
  expect(proveCell(local, cellOf('local'), [cellOf('eu1')])).toEqual([]);
  expect(openPairs(scene, () => false).size).toBe(0);
  expect(openAddresses(scene, forbidden, wantedAddress).size).toBe(0);
});

describe.each(['acme', 'globex', 'initech'])('each rendered policy of %s, changed in turn', (id) => {
  test('every change that opens a path is found and the path is named; no other change is blamed', { timeout: 120_000 }, () => {
    const tenant = state.tenants.get(id)!;
    const isForeign = (namespace: string) => namespace !== `t-${id}` && !namespace.startsWith(`t-${id}--`);
    const objects = new Map([...renderTenant(state.platform, tenant).get('local')!].map(([path, text]) => [path, parse(text) as Manifest]));
    const changes = [...objects].filter(([, { kind }]) => kind === 'NetworkPolicy').flatMap(([path, object]) => mutationsOf(object, strangers).map(({ what, policy }) => ({ path, what, policy })))
      // Exceptions one by one in one namespace (the tenant's other lists are the same text), another range in place of one block only.
      .filter(({ path, what }) => (!/except \d/.test(what) || path.includes('--prod.')) && !/peer [1-9]\d*: (?:IPv|metadata|private|a public)/.test(what));
    const wrong: { change: string; missed: string[]; blamed: string[] }[] = [];
    let opened = 0;
    for (const { path, what, policy } of changes) {
      const found = names(proveTenant(state.platform, tenant, new Map([['local', filesOf(objects, path, policy)]])));
      const policies = scene.policies.filter(({ file }) => file !== path).concat(policy === undefined ? [] : [{ ...(policy as unknown as Scene['policies'][number]), file: path }]);
      // A policy speaks for the pods of its namespace only, and without the change nothing is open (the test above).
      const concerned = objects.get(path)!.metadata.namespace!;
      const pairs = openPairs({ endpoints: scene.endpoints, policies }, isForeign, concerned);
      const addresses = openAddresses({ policies, endpoints: scene.endpoints.filter(({ namespace }) => namespace === concerned) }, forbidden, wantedAddress);
      const edges = [...found].filter((name) => !isPair(name));
      const missed = missedPairs(found, pairs, isForeign).concat(addresses.size > 0 && edges.length === 0 ? [...addresses] : []);
      const blamed = addresses.size === 0 ? edges.filter((name) => /[.:]/.test(name)) : [];
      if (pairs.size + addresses.size > 0) opened += 1;
      if (missed.length + blamed.length > 0) wrong.push({ change: `${path}: ${what}`, missed, blamed });
    }
    expect(wrong).toEqual([]);
    expect(opened).toBeGreaterThan(50);
  });
});

const strangers = ['t-globex--prod', 't-acme--prod', 't-acme', 'kube-system', 'cameleer-system'];

function filesOf(objects: ReadonlyMap<string, Manifest>, path: string, replacement: unknown): RenderedFiles {
  const files = new FileCollector();
  for (const [file, object] of objects) if (file !== path) files.addAt(file, object);
  if (replacement !== undefined) files.addAt(path, replacement as Manifest);
  return files.files();
}

/** A pair of own pods must be named as it is; of a pair with a foreign pod the own end, with a witness at the other. */
function missedPairs(found: ReadonlySet<string>, pairs: ReadonlySet<string>, isForeign: (namespace: string) => boolean): string[] {
  const from = new Set([...found].map((name) => name.split(' ')[0]));
  const to = new Set([...found].map((name) => name.split(' ')[1]));
  const foreign = (end: string) => isForeign(end.split('/')[0]!);
  return [...pairs].filter((pair) => {
    const [source = '', target = ''] = pair.split(' ');
    if (foreign(source)) return !to.has(target);
    return foreign(target) ? !from.has(source) : !found.has(pair);
  });
}

test('a whole cell is open only where both sides are, and both policies are named', () => {
  const objects = new Map([...local].filter(([path]) => path.startsWith('tenants/')).map(([path, text]) => [path, parse(text) as Manifest]));
  const out = 'tenants/ac/acme/_tenant/t-acme--dev.networkpolicy.allow-to-server.yaml';
  const into = 'tenants/gl/globex/_tenant/t-globex--prod.networkpolicy.allow-same-namespace.yaml';
  const loose = (path: string, spec: Record<string, unknown>) => ({ ...objects.get(path)!, spec: { podSelector: {}, ...spec } }) as unknown as Manifest;
  const openOut = loose(out, { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 8443, protocol: 'TCP' }] }] });
  const openIn = loose(into, { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'cameleer.io/environment': 'dev' } } }] }] });
  const cell = cellOf('local');
  const toGlobex = (files: RenderedFiles) => proveCell(files, cell).filter(({ from, to }) => from.startsWith('t-acme') && to.startsWith('t-globex'));
  expect(toGlobex(filesOf(objects, out, openOut))).toEqual([]);
  const both = toGlobex(filesOf(new Map([...objects, [into, openIn]]), out, openOut));
  expect(both.map(({ from, to }) => `${from} ${to}`)).toContain('t-acme--dev/orders t-globex--prod/tracking');
  expect(both[0]).toMatchObject({ port: 'tcp/8443', because: [`${out}:allow-to-server`, `${into}:allow-same-namespace`] });
  expect(both[0]!.message).toContain('t-acme--dev');
});

test('tenant acme with environment prod and a tenant named acme-prod can’t meet', async () => {
  const globex = [...(await exampleState()).tenants.get('globex')!.environments.keys()];
  expect(globex).toEqual(['prod']);
  const renamed = Object.assign({}, state.tenants.get('globex')!, { id: 'acme-prod' });
  const acme = renderTenant(state.platform, state.tenants.get('acme')!).get('local')!;
  const other = renderTenant(state.platform, renamed).get('local')!;
  expect([...acme.keys()].filter((path) => other.has(path))).toEqual([]);
  const namespaces = (files: RenderedFiles) => [...files.keys()].flatMap((path) => /\/namespace\.(.*)\.yaml$/.exec(path)?.slice(1) ?? []);
  expect(namespaces(acme)).toEqual(['t-acme--dev', 't-acme--prod', 't-acme']);
  expect(namespaces(other)).toEqual(['t-acme-prod--prod', 't-acme-prod']);
  expect(proveCell(new Map([...acme, ...other]), cellOf('local'))).toEqual([]);
  expect(proveTenant(state.platform, renamed, new Map([['local', other]]))).toEqual([]);
});

test('a cell whose own ranges or selectors open a path is refused', async () => {
  const open = await exampleState({
    'cells/local.yaml': (text) => text.replace('kubernetes.io/metadata.name: ingress', 'app.kubernetes.io/managed-by: cameleer').replace('app.kubernetes.io/name: traefik', 'app.kubernetes.io/name: orders'),
  });
  const initech = open.tenants.get('initech')!;
  const openings = proveTenant(open.platform, initech, renderTenant(open.platform, initech));
  expect(openings.map(({ from, to }) => `${from} ${to}`)).toContain('t-witness--witness/orders t-initech--prod/claims');
});
