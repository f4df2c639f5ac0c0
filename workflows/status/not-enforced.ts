import { tenantDirectory } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import type { Place } from '../find.ts';

/** Of these kinds, those that are rendered for the tenant or this environment of it: what is not there needs no enforcing. */
export async function notEnforced(stores: Pick<Stores, 'engine'>, { place, cell, kinds }: { place: Place; cell: string; kinds: readonly string[] }): Promise<readonly string[]> {
  const rendered = await stores.engine.cell(cell);
  if (rendered === undefined) return [];
  const folder = tenantDirectory(place.tenant);
  const files = await Promise.all([rendered.files(`${folder}/_tenant/`), rendered.files(`${folder}/${place.environment}/`)]);
  const found = new Set(files.flatMap((each) => [...each.keys()].map(kindOfFile)));
  return kinds.filter((kind) => found.has(kind.toLowerCase()));
}

/** Rendered files are named `[<namespace>.]<kind>.<name>.yaml`; a namespace of ours is `t-…` or `cameleer-system`. */
function kindOfFile(path: string): string {
  const [first = '', second = ''] = path.slice(path.lastIndexOf('/') + 1).split('.');
  return first.startsWith('t-') || first === 'cameleer-system' ? second : first;
}
