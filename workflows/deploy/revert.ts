import type { LeftAlone, RevertGroup, RevertRequest as EngineRevert, RevertScope, RevertTake } from '../../engine/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { passesIn, WorkflowError } from '../errors.ts';
import { findApplication, findEnvironment, findTenant } from '../find.ts';
import { holdReverted } from '../holds/hold-reverts.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { reencryptWith } from './reencrypt.ts';

export interface RevertRequest extends WriteOptions {
  /** Full ids; of a range, the commits after `base` up to `head`. */
  readonly what: { readonly commit: string } | { readonly base: string; readonly head: string } | { readonly asOf: Date };
  /** Without a tenant: everything that the commits touched, for operators. */
  readonly scope: RevertScope;
  readonly include?: readonly RevertGroup[];
  readonly take?: RevertTake;
}

export interface RevertAnswer {
  readonly outcome: Outcome;
  readonly leftAlone: readonly LeftAlone[];
}

/**
 * Takes deployments and configuration back, in one commit: what a commit or a range did, as the inverse field difference on
 * today's state, or everything as of a time. What was rolled back is held. Errors: `not_found`, `nothing_to_revert`,
 * `revert_conflict` when later changes stand in the way and `take` does not decide, `key_rotated`, those of a write.
 */
export async function revert(stores: Stores, caller: Caller, request: RevertRequest): Promise<RevertAnswer> {
  const { scope, include, take } = request;
  await expectScope(stores, scope);
  const { subject: _subject, ...change } = changeBy(caller, { action: 'app.rollback', subject: '', ...scope });
  const what = await engineTerms(stores, request.what);
  const { intent, leftAlone } = await stores.engine.revert({ what, scope, reencrypt: reencryptWith(stores), ...defined({ include, take }) }, change);
  const outcome = await write(stores, caller, intent, request);
  if (outcome.kind === 'written' && outcome.result.changed) await holdWritten(stores, outcome.result.commit);
  return { outcome, leftAlone };
}

/** Of what is not there nothing would change, and the answer would be that it was so already. */
async function expectScope({ engine }: Pick<Stores, 'engine'>, { tenant: id, environment, application }: RevertScope): Promise<void> {
  if (id === undefined) return;
  const tenant = await findTenant({ engine }, id);
  if (environment !== undefined) findEnvironment(tenant, environment);
  if (application !== undefined) findApplication(tenant, application);
}

/** The answer of a rollback comes after its Hold; one that can not be written now is the follower's to try again. */
async function holdWritten(stores: Stores, commit: string): Promise<void> {
  const entry = await stores.engine.commit(commit);
  if (entry === undefined) return;
  await holdReverted(stores, entry).catch((error: unknown) => {
    if (passesIn(error) === undefined) throw error;
  });
}

async function engineTerms({ engine }: Pick<Stores, 'engine'>, what: RevertRequest['what']): Promise<EngineRevert['what']> {
  if (!('asOf' in what)) return what;
  const commit = await engine.commitAsOf(what.asOf);
  if (commit === undefined) throw new WorkflowError('not_found', `Nothing was committed before ${what.asOf.toISOString()}. Name a later time.`);
  return { asOf: commit };
}
