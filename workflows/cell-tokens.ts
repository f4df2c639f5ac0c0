import { newToken } from '../access/index.ts';
import { listTokens, platformChain, recordAudit, revokeToken, saveToken, type Token } from '../ledger/index.ts';
import { opaqueId } from './bootstrap.ts';
import { actorOf, type Caller } from './caller.ts';
import type { Stores } from './context.ts';
import { WorkflowError } from './errors.ts';

type Needed = Pick<Stores, 'engine' | 'ledger' | 'random'>;

/** A new credential of a cell: whoever shows it may read that cell's publication. The token itself is not to be had again. */
export async function createCellToken(stores: Needed, caller: Caller, { cell, description }: { readonly cell: string; readonly description: string }): Promise<{ readonly token: string; readonly entry: Token }> {
  expectCell(stores, cell);
  const { token, hash } = newToken(stores.random);
  const id = opaqueId('tok', stores.random);
  await note(stores, caller, { action: 'cell.token.create', cell, id });
  return { token, entry: await saveToken(stores.ledger, { id, hash, subject: { kind: 'cell', name: cell }, description }) };
}

/** The credentials of a cell, oldest first, with those that were revoked. Throws `not_found`. */
export async function listCellTokens(stores: Needed, cell: string): Promise<readonly Token[]> {
  const tokens = await listTokens(stores.ledger, { kind: 'cell', name: cell });
  // Those of a cell that is gone are still to be seen.
  if (tokens.length === 0) expectCell(stores, cell);
  return tokens;
}

/** Ends a credential of a cell at once and for good. Throws `not_found` when the cell has no such credential in force. */
export async function revokeCellToken(stores: Needed, caller: Caller, { cell, id }: { readonly cell: string; readonly id: string }): Promise<void> {
  const known = (await listCellTokens(stores, cell)).find((token) => token.id === id && token.revokedAt === undefined);
  if (known === undefined) throw new WorkflowError('not_found', `Cell ${cell} has no credential ${id} in force.`);
  await note(stores, caller, { action: 'cell.token.revoke', cell, id });
  await revokeToken(stores.ledger, id);
}

function expectCell({ engine }: Pick<Stores, 'engine'>, cell: string): void {
  const { cells } = engine.platform();
  if (!cells.has(cell)) throw new WorkflowError('not_found', `There is no cell ${cell}; there are: ${[...cells.keys()].sort().join(', ') || 'none'}.`);
}

/** Written before it is done: what may have happened is in the audit. */
async function note({ ledger }: Needed, caller: Caller, { action, cell, id }: { action: string; cell: string; id: string }): Promise<void> {
  await recordAudit(ledger, { chain: platformChain, requestId: `${caller.requestId}_${id}`, phase: 'noted', action, actor: actorOf(caller.subject), door: caller.door, resource: `cells/${cell}/tokens/${id}` });
}
