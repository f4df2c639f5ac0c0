import { EngineError, withPlan } from '../engine/index.ts';
import type { Considered, Intent, Plan, TenantApprovalPolicy, WriteResult } from '../engine/index.ts';
import { CodedError, type Problem } from '../schemas/index.ts';
import { record, recordEnd, recordEndLater } from './audit.ts';
import type { Caller } from './caller.ts';
import type { Stores } from './context.ts';
import { WorkflowError } from './errors.ts';
import type { RequestOptions } from './requests/open-request.ts';
import { requestOnce } from './requests/request-once.ts';
import type { ChangeRequest } from './requests/request.ts';

/**
 * What a write answers: when it was only asked what would happen, the plan, and the policies that would make a change request of
 * it; a change request when it was asked for or approval is needed.
 */
export type Outcome =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly approvals: readonly TenantApprovalPolicy[] }
  | { readonly kind: 'requested'; readonly request: ChangeRequest }
  | { readonly kind: 'written'; readonly result: WriteResult };

export interface WriteOptions {
  /** Plan only; nothing is written or audited. */
  readonly dryRun?: boolean;
  /** Make a change request of it, whatever the policy. */
  readonly asRequest?: boolean;
  /** For a change request, asked for or not. */
  readonly request?: RequestOptions;
}

/**
 * The one way in which a workflow writes: `intended` in the ledger, the commit with its Request-Id, `done` in the ledger. The
 * commit is prepared while the first is recorded, and answered while the last is. A process that dies in between is made good
 * from Git at the next start. What approval is needed for becomes a change request, when nothing else is wrong with it. Throws
 * what the engine throws.
 */
export async function write(stores: Stores, caller: Caller, intent: Intent, options: WriteOptions = {}): Promise<Outcome> {
  if (options.dryRun === true) return { kind: 'planned', ...(await preview(stores, intent, options.asRequest === true)) };
  if (options.asRequest === true) return { kind: 'requested', request: await requestOnce(stores, caller, intent, { ...options.request, updates: false }) };
  const earlier = caller.repeated === true ? await stores.engine.findRequest(caller.requestId) : undefined;
  if (earlier !== undefined) return { kind: 'written', result: await resultOf(stores, earlier) };
  const recorded = record(stores, intent.change, { phase: 'intended' });
  try {
    const result = await stores.engine.write({ ...intent, recorded });
    recordEndLater(stores, intent.change, { phase: 'done', commit: result.commit });
    return { kind: 'written', result };
  } catch (error) {
    await recorded;
    const needed = approvalNeeded(error);
    if (needed !== undefined) {
      await recordEnd(stores, intent.change, { phase: 'failed', detail: { code: needed } });
      return { kind: 'requested', request: await requestOnce(stores, caller, intent, { ...options.request, updates: true }) };
    }
    const told = toldAsHeld(error);
    await recordEnd(stores, intent.change, { phase: 'failed', detail: { code: told instanceof CodedError ? told.code : 'internal' } });
    throw told;
  }
}

/** By the policy of the state, or because the Git host that holds it lets nobody change `main` directly. */
function approvalNeeded(error: unknown): 'approval_required' | 'branch_protected' | undefined {
  if (error instanceof EngineError && error.code === 'branch_protected') return error.code;
  return onlyFor(error, 'approval_required') === undefined ? undefined : 'approval_required';
}

/** By whichever door a change comes that a hold forbids, it is told the same. */
function toldAsHeld(error: unknown): unknown {
  const problem = onlyFor(error, 'held');
  return problem === undefined ? error : new WorkflowError('held', problem.message, { cause: error });
}

/** The plan of a write that will become a change request is that of the request, which comes under the policies whoever asks. */
async function preview({ engine }: Stores, intent: Intent, asRequest: boolean): Promise<Pick<Extract<Outcome, { kind: 'planned' }>, 'plan' | 'approvals'>> {
  if (!asRequest) {
    const plan = await engine.preview(intent);
    if (only(plan.problems, 'approval_required') === undefined) return { plan, approvals: [] };
  }
  let approvals: readonly TenantApprovalPolicy[] = [];
  const confirm = ({ policies }: Considered) => {
    approvals = policies;
    return Promise.resolve(intent.change);
  };
  const plan = await engine.preview({ ...intent, approved: true, confirm });
  return { plan, approvals };
}

/** The first problem of a refused write all of whose problems have this code. */
function onlyFor(error: unknown, code: string): Problem | undefined {
  return error instanceof EngineError && error.code === 'invalid' ? only(error.problems ?? [], code) : undefined;
}

function only(problems: readonly Problem[], code: string): Problem | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return errors.every((problem) => problem.code === code) ? errors[0] : undefined;
}

/** The answer of a write that was committed before its answer could be given. */
async function resultOf(stores: Stores, commit: string): Promise<WriteResult> {
  const base = (await stores.engine.commit(commit))?.parents[0] ?? commit;
  const onError = (err: unknown) => stores.logger.warn({ commit, err }, 'a change is committed, and its plan could not be made');
  return withPlan({ commit, base, changed: true, etags: new Map() }, () => stores.engine.plan(base, commit), onError);
}
