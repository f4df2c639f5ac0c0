import type { Cell } from '../../schemas/index.ts';
import { excludedRangesOf } from '../ranges/excluded.ts';
import type { Opening, RenderedFiles } from '../types.ts';
import { openEdges } from './edges.ts';
import { tenantOfNamespace } from './expected.ts';
import { openPair } from './pairs.ts';
import { Reach } from './reach.ts';
import { witnessesFor } from './witnesses.ts';
import { readWorld } from './world.ts';

/**
 * Every pair of pods of a cell's tree, tenants' and the cluster's own, and the excluded ranges (of this cell and of
 * `others`). Quadratic in the pods: for a look at a whole cell; a change is proved by `proveTenant`. Empty: proved.
 */
export function proveCell(files: RenderedFiles, cell: Cell, others: readonly Cell[] = []): Opening[] {
  const world = readWorld(files);
  const tenants = world.pods.filter(({ namespace }) => tenantOfNamespace(namespace) !== undefined);
  const cluster = [...world.pods, ...witnessesFor('', world)].filter(({ namespace }) => tenantOfNamespace(namespace) === undefined);
  const reach = new Reach({ pods: [...tenants, ...cluster], policies: world.policies }, cell.spec.networks.pods);
  const pairs = tenants.flatMap((pod) => [
    ...tenants.map((other) => openPair(reach, cell, pod, other)),
    ...cluster.flatMap((other) => [openPair(reach, cell, pod, other), openPair(reach, cell, other, pod)]),
  ]);
  const excluded = excludedRangesOf([cell, ...others.filter(({ metadata }) => metadata.name !== cell.metadata.name)]);
  return [...pairs.filter((opening) => opening !== undefined), ...openEdges(reach, cell, excluded, tenants)];
}
