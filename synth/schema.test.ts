import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from './files.ts';
import { renderCells } from './render-cells.ts';
import { exampleState } from './testing/example-state.ts';
import { strictProblems } from './testing/strict-schema.ts';

let objects: { path: string; object: Manifest }[];
beforeAll(async () => {
  const { platform, tenants } = await exampleState();
  objects = [...renderCells(platform, tenants.values())].flatMap(([cell, files]) =>
    [...files].filter(([path]) => !path.startsWith('charts/')).map(([path, text]) => ({ path: `${cell}/${path}`, object: parse(text) as Manifest })));
});

function one(kind: string): Manifest {
  return structuredClone(objects.find(({ object }) => object.kind === kind)!.object);
}

test('every rendered object is valid for Kubernetes and Flux, without an unknown field', async () => {
  expect(new Set(objects.map(({ object }) => object.kind)).size).toBeGreaterThan(15);
  for (const { path, object } of objects) {
    const { sops: _sops, ...plain } = object as Manifest & { sops?: unknown };
    expect(await strictProblems(plain), path).toEqual([]);
  }
});

describe('the check is strict', () => {
  test.each([
    ['Deployment', ['spec', 'template', 'spec', 'containers', 0, 'securityContext'], 'readOnlyRootFileSystem'],
    ['Deployment', ['spec', 'template', 'spec'], 'serviceAccountname'],
    ['Deployment', [], 'status2'],
    ['NetworkPolicy', ['spec'], 'egres'],
    ['Namespace', ['metadata'], 'label'],
    ['Kustomization', ['spec'], 'waitFor'],
    ['Kustomization', ['spec', 'sourceRef'], 'branch'],
    ['HelmRelease', ['spec', 'chart', 'spec'], 'reconcilestrategy'],
    ['GitRepository', ['spec', 'ref'], 'brunch'],
    ['ValidatingAdmissionPolicy', ['spec', 'validations', 0], 'expr'],
  ])('an unknown field of a %s at %j fails', async (kind, path, field) => {
    const object = one(kind);
    const place = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], object) as Record<string, unknown>;
    place[field] = 'x';
    expect(await strictProblems(object)).toEqual([`${path.map((key) => `/${key}`).join('')}/${field}: unknown field`]);
  });

  test('a wrong type and a missing field fail', async () => {
    const deployment = one('Deployment');
    (deployment['spec'] as Record<string, unknown>)['replicas'] = 'two';
    expect(await strictProblems(deployment)).not.toEqual([]);
    const { spec: _spec, ...without } = one('HelmRelease');
    expect(await strictProblems({ ...without, spec: { interval: 10 } } as unknown as Manifest)).not.toEqual([]);
  });

  test('free-form values are left alone', async () => {
    const release = one('HelmRelease');
    (release['spec'] as { values: Record<string, unknown> }).values['anything'] = { goes: true };
    expect(await strictProblems(release)).toEqual([]);
  });
});
