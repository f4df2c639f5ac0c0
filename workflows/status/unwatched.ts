import type { Stores } from '../context.ts';

/** Why this process can't say what a cell does, and who can. */
export function unwatched({ engine }: { readonly engine: Pick<Stores['engine'], 'platform'> }, cell: string): string {
  if (engine.platform().cells.get(cell)?.object.spec.driver === 'local') {
    return `Cell ${cell} is run by another control plane on this state, as its start or its log says. Ask that one.`;
  }
  return `Nothing here watches cell ${cell}: it runs on Flux, whose driver is not built yet. Ask the cluster.`;
}
