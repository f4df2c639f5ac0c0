import type { Cell } from '../../schemas/index.ts';
import { excludedRangesOf } from '../ranges/excluded.ts';
import type { Opening, RenderedFiles } from '../types.ts';
import { openEdges } from './edges.ts';
import { tenantOfNamespace } from './expected.ts';
import { openPairs, sendingAlike } from './pairs.ts';
import { Reach } from './reach.ts';
import { witnessesFor } from './witnesses.ts';
import { readWorld } from './world.ts';

/**
 * Every pair of pods of a cell's tree, tenants' and the cluster's own, and the excluded ranges (of this cell and of
 * `others`). Grows with namespaces × pods: for a look at a whole cell; a change is proved by `proveTenant`. Empty: proved.
 */
export function proveCell(files: RenderedFiles, cell: Cell, others: readonly Cell[] = []): Opening[] {
  const world = readWorld(files);
  const tenants = world.pods.filter(({ namespace }) => tenantOfNamespace(namespace) !== undefined);
  const cluster = [...world.pods, ...witnessesFor('', world)].filter(({ namespace }) => tenantOfNamespace(namespace) === undefined);
  const reach = new Reach({ pods: [...tenants, ...cluster], policies: world.policies }, cell.spec.networks.pods);
  const out = openPairs(reach, cell, sendingAlike(reach, { pods: tenants, policies: world.policies }), [...tenants, ...cluster]);
  const into = openPairs(reach, cell, cluster.map((pod) => [pod]), tenants);
  const excluded = excludedRangesOf([cell, ...others.filter(({ metadata }) => metadata.name !== cell.metadata.name)]);
  return out.concat(into, openEdges(reach, cell, excluded, tenants));
}
