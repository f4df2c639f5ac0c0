import type { PlatformState, TenantState } from '../../schemas/index.ts';
import { SynthError } from '../errors.ts';
import { excludedRanges } from '../ranges/excluded.ts';
import type { Opening, RenderedFiles } from '../types.ts';
import { openEdges } from './edges.ts';
import { openPairs, sendingAlike } from './pairs.ts';
import { Reach } from './reach.ts';
import { witnessesFor } from './witnesses.ts';
import { readWorld } from './world.ts';

/**
 * Paths between this tenant's pods and anybody else's, between its environments, and to excluded ranges, that its own
 * policies leave open. Needs no other tenant's files. Empty: proved.
 * @throws {SynthError} `unresolved` when a cell isn't the platform's.
 */
export function proveTenant(platform: PlatformState, tenant: TenantState, rendered: ReadonlyMap<string, RenderedFiles>): Opening[] {
  return [...rendered].flatMap(([cellName, files]) => {
    const cell = platform.cells.get(cellName)?.object;
    if (cell === undefined) throw new SynthError('unresolved', `There is no cell ${cellName}. Add cells/${cellName}.yaml.`);
    const own = readWorld(files);
    const others = witnessesFor(tenant.id, own);
    const reach = new Reach({ pods: [...own.pods, ...others], policies: own.policies }, cell.spec.networks.pods);
    const sources = sendingAlike(reach, own);
    const out = openPairs(reach, cell, sources, [...own.pods, ...others]);
    const into = openPairs(reach, cell, others.map((other) => [other]), own.pods);
    return out.concat(into, openEdges(reach, cell, excludedRanges(platform), own.pods));
  });
}
