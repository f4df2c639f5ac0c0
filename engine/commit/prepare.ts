import { tenantOfPath } from '../../schemas/index.ts';
import type { ChangedBy } from '../../schemas/index.ts';
import type { Authorize, Change, FileChange, StateBefore } from '../change.ts';
import { ObjectDraft, objectId } from '../git/index.ts';
import type { ObjectReader, Relieve, StateKey } from '../git/index.ts';
import type { Intent, WriteResult } from '../intent.ts';
import { planParts, stepParts } from '../plan/plan-advance.ts';
import { concernsMany, planContextOf, planTrees, refusedPlan } from '../plan/plan-between.ts';
import type { PlanCrew } from '../plan/plan-crew.ts';
import type { Plan, PlanOptions } from '../plan/types.ts';
import { advance } from '../state/advance.ts';
import type { Advanced } from '../state/advance.ts';
import { rootChangeOf } from '../state/changed-tenants.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { commitCells } from './cell-commits.ts';
import { EngineDraft } from './engine-draft.ts';
import { expectOwnKey } from './keep-own-key.ts';
import { mainCommit } from './main-commit.ts';
import { consider } from './consider.ts';
import { checkPreconditions, explained } from './preconditions.ts';

export interface PrepareContext {
  readonly directory: string;
  readonly loader: TenantLoader;
  readonly key: StateKey;
  readonly authorize: Authorize;
  readonly now: () => Date;
  /** Makes plans that concern many tenants. */
  readonly crew: PlanCrew;
  /** Of what a change of many tenants renders. */
  readonly relieve: Relieve;
}

/** What an intent comes to on a view: nothing is written yet. */
export interface Prepared {
  /** A fork of the view; absent when the intent changes nothing. */
  readonly view: StateView | undefined;
  readonly objects: ObjectDraft;
  /** The answer but for its plan. */
  readonly written: Omit<WriteResult, 'plan' | 'planMissing'>;
  /** Made when asked for: there is time for it while the disk writes. */
  plan(options?: PlanOptions): Promise<Plan>;
}

/** What an intent does to files, authorised, and nothing of it judged. */
export interface Drafted {
  readonly objects: ObjectDraft;
  readonly files: readonly FileChange[];
  readonly before: StateBefore;
  /** Root tree with the changes. */
  readonly root: string;
}

/** Runs an intent's edits on a view, from precondition to trees. Throws `EngineError`. */
export function draftOf(context: PrepareContext, view: StateView, below: ObjectReader, intent: Intent): Promise<Drafted> {
  return explained(drafted(context, view, below, intent));
}

async function drafted(context: PrepareContext, view: StateView, below: ObjectReader, intent: Intent): Promise<Drafted> {
  const objects = new ObjectDraft(below);
  const source = { view, objects, loader: context.loader, directory: context.directory };
  await checkPreconditions(source, intent);
  const draft = new EngineDraft(source);
  await intent.apply(draft);
  const files = await draft.changes();
  const before = await stateBefore(draft, intent.change, files);
  await context.authorize(intent.change, files, before);
  return { objects, files, before, root: await draft.root(files) };
}

/** Runs one intent on a view, from precondition to rendered cells. Throws `EngineError` and `Mismatch`; the view is never changed. */
export async function prepare(context: PrepareContext, view: StateView, below: ObjectReader, intent: Intent): Promise<Prepared> {
  return prepareDraft(context, view, await drafted(context, view, below, intent), intent);
}

/** The same from the edits on. */
export async function prepareDraft(context: PrepareContext, view: StateView, drafted: Drafted, intent: Intent): Promise<Prepared> {
  const { objects, files, root } = drafted;
  const base = view.commit;
  if (files.length === 0) return { view: undefined, objects, written: { commit: base, base, changed: false, etags: new Map() }, plan: () => Promise.resolve(refusedPlan(base)) };
  const now = context.now();
  const confirmed = intent.confirm === undefined ? intent.change : await intent.confirm(await consider(context, view, drafted));
  const main = mainCommit({ context, view, objects, now }, confirmed, root);
  const change = await rootChangeOf(objects, main.tree, files.map((file) => file.path));
  const wide = concernsMany(files, view);
  const { loader, relieve } = context;
  const step = { root: main.tree, commit: main.id, change, by: changedBy(view, intent), approved: intent.approved === true, now, wrong: 'refuse', objects, loader, relieve, record: !wide } as const;
  const advanced = await advance(view, step);
  expectOwnKey(context.key, view, advanced.view);
  commitCells(advanced.view, objects, main, context.key);
  const plan = wide ? widePlan(context, view, objects, main) : narrowPlan(context, view, { advanced, files, objects });
  const written = { commit: main.id, base, changed: true, etags: etagsOf(files) };
  return { view: advanced.view, objects, written, plan: (options) => plan({ base, head: main.id }, options) };
}

/** Makes the plan later: the view goes on meanwhile. */
type LaterPlan = (between: Pick<Plan, 'base' | 'head'>, options?: PlanOptions) => Promise<Plan>;

/** Of what the step has rendered. */
function narrowPlan({ loader }: PrepareContext, view: StateView, { advanced, files, objects }: Pick<Drafted, 'files' | 'objects'> & { readonly advanced: Advanced }): LaterPlan {
  const parts = stepParts(view, advanced, files);
  return (between, options) => planParts(parts, { objects, loader }, between, options);
}

/** Compared once more: the step has kept nothing of what it rendered. */
function widePlan({ loader, crew }: PrepareContext, view: StateView, objects: ObjectDraft, main: { readonly tree: string }): LaterPlan {
  const context = planContextOf(view, { objects, loader, crew });
  const trees = { before: view.root, after: main.tree };
  return (between, options) => planTrees({ ...context, unwritten: objects.unwritten() }, trees, between, options);
}

export function changedBy(view: StateView, { by, change }: Pick<Intent, 'by' | 'change'>): ChangedBy {
  if (by !== undefined) return by;
  if (change.door === 'platform') return 'platform';
  const operators = view.platform.state.platform?.object.spec.operators ?? [];
  return change.door === 'push' || operators.includes(change.actor) ? 'operator' : 'tenant';
}

export async function stateBefore(draft: EngineDraft, change: Change, files: readonly FileChange[]): Promise<StateBefore> {
  const ids = new Set(files.flatMap((file) => tenantOfPath(file.path) ?? []));
  if (change.tenant !== undefined) ids.add(change.tenant);
  return { platform: draft.platform, tenants: new Map(await Promise.all([...ids].map(async (id) => [id, await draft.tenant(id)] as const))) };
}

function etagsOf(files: readonly FileChange[]): Map<string, string | null> {
  return new Map(files.map(({ path, after }) => [path, after === undefined ? null : objectId('blob', Buffer.from(after))]));
}
