import { listChangeApprovals } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import type { MadeRequest } from './find-request.ts';

/** What the checks of a request depend on: an approval leaves its commit as it is, and time passes by itself. */
export async function standingOf(stores: Pick<Stores, 'engine' | 'ledger' | 'now'>, request: MadeRequest): Promise<string> {
  const { number, commit } = request;
  const approvals = await listChangeApprovals(stores.ledger, number);
  return [commit, stores.engine.head().commit, await nextTurn(stores, request), ...approvals.map(({ person, planHash }) => `${person} ${planHash}`)].join(' ');
}

/** When a freeze or a hold of the tenants that the request concerns begins or ends next; once it has, another time is next. */
async function nextTurn({ engine, now }: Pick<Stores, 'engine' | 'now'>, { concerns }: MadeRequest): Promise<number> {
  let next = Number.POSITIVE_INFINITY;
  for (const id of concerns) {
    for (const { environment, holds } of (await engine.tenant(id))?.environments.values() ?? []) {
      const freezes = environment.object.spec.freezes ?? [];
      const times = [...freezes.flatMap(({ from, until }) => [from, until]), ...[...holds.values()].flatMap(({ object }) => object.spec.until ?? [])].map((time) => Date.parse(time));
      next = Math.min(next, ...times.filter((time) => time > now().getTime()));
    }
  }
  return next;
}
