import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleCell, inventoryId, type CellFile } from './assemble-cell.ts';
import { parseManifests } from './parse-manifests.ts';

const kustomization = (name: string, spec: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${name}, namespace: cameleer-system }\nspec: ${spec}\n`;
const configMap = (name: string, namespace = 'x'): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace} }\n`;

function filesOf(texts: Readonly<Record<string, string>>): CellFile[] {
  return Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, text]) => ({ path, objects: parseManifests(path, text), text }));
}

test('the rendered example is reached whole: each manifest by one Kustomization, charts by none', () => {
  const root = join(import.meta.dirname, '../../fixtures/golden/cells/local');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml') && !path.startsWith('charts/'));
  const cell = assembleCell(filesOf(Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))));
  expect(cell.objects.map(({ file }) => file.path).sort()).toEqual(paths.sort());
  expect([...cell.errors, ...cell.kustomizations.flatMap(({ errors }) => errors)]).toEqual([]);
});

describe('assembleCell', () => {
  test('follows Kustomizations through folders, and sets their target namespace', () => {
    const cell = assembleCell(filesOf({
      'flux/a.yaml': kustomization('a', '{ path: ./tenants/a }'),
      'tenants/a/b.yaml': kustomization('b', '{ path: tenants/b/, targetNamespace: t-b }'),
      'tenants/b/c.yaml': configMap('c'),
      'tenants/bb/d.yaml': configMap('d'),
      'charts/e.yaml': configMap('e'),
    }));
    expect(cell.objects.map(({ object }) => inventoryId(object))).toEqual([
      'cameleer-system_a_kustomize.toolkit.fluxcd.io_Kustomization', 'cameleer-system_b_kustomize.toolkit.fluxcd.io_Kustomization', 't-b_c__ConfigMap',
    ]);
  });

  test('an object that occurs twice is an error, the first stays; circles and empty paths end', () => {
    const cell = assembleCell(filesOf({
      'flux/a.yaml': kustomization('a', '{ path: ./x }'),
      'flux/b.yaml': kustomization('b', '{ path: ./x }'),
      'flux/c.yaml': kustomization('c', '{ path: ./flux }'),
      'flux/d.yaml': kustomization('d', '{ path: ./ }'),
      'x/1.yaml': configMap('one'),
      'x/2.yaml': configMap('one'),
    }));
    expect(cell.objects.filter(({ object }) => object.kind === 'ConfigMap').map(({ file }) => file.path)).toEqual(['x/1.yaml']);
    expect(cell.kustomizations.map(({ kustomization: { metadata }, errors }) => [metadata.name, errors.length])).toEqual([['a', 1], ['b', 2], ['c', 4], ['d', 0]]);
  });
});

test.each([
  ['two keys of one name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, name: b }\n'],
  ['not YAML', 'a: ['],
  ['no object', '- 1\n'],
  ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n'],
  ['two containers', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{}, {}] } } }\n'],
])('%s: manifest_invalid', (_what, text) => {
  expect(() => parseManifests('x.yaml', text)).toThrow(expect.objectContaining({ code: 'manifest_invalid' }));
});
