import { loadPlatform } from '../../schemas/index.ts';
import type { PlatformState, Problem } from '../../schemas/index.ts';
import type { Opening } from '../../synth/index.ts';
import type { FileChange } from '../change.ts';
import type { NewObject, ObjectReader } from '../git/index.ts';
import { readPlatform } from '../state/read-state.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { changedParts } from './changed-parts.ts';
import type { ChangedParts, TenantPair } from './changed-parts.ts';
import { Comparison } from './comparison.ts';
import type { InForce } from './comparison.ts';
import { summarise } from './part-summary.ts';
import { pauses } from '../pauses.ts';
import { buildPlan, pageOf } from './plan-builder.ts';
import type { PlanCrew } from './plan-crew.ts';
import { planPart } from './plan-part.ts';
import type { PlanPart } from './plan-part.ts';
import type { Plan, PlanOptions } from './types.ts';

export interface PlanContext {
  readonly objects: ObjectReader;
  readonly loader: TenantLoader;
  readonly crew: PlanCrew;
  /** Platform files by the root tree that they stand in, when they are at hand. */
  readonly platformAt?: (root: string) => PlatformState | undefined;
  readonly inForceAt?: (root: string) => InForce | undefined;
  /** Objects that `objects` has and the repository has not. */
  readonly unwritten?: readonly NewObject[];
}

/** So many tenants are compared here and now; more are a matter of seconds, and of the crew. */
const comparedHere = 30;
/** From here on a change of the platform's files is compared, tenant by tenant, and no list is kept of what it renders. */
const many = 10;

/**
 * What going from one commit to another does. Only tenants that differ are read and rendered; a change of the platform's files
 * concerns all of them. Throws `GitError` `object_missing`.
 */
export async function planBetween(context: PlanContext, base: string, head: string, options: PlanOptions = {}): Promise<Plan> {
  const [before, after] = [(await context.objects.commit(base)).tree, (await context.objects.commit(head)).tree];
  return planTrees(context, { before, after }, { base, head }, options);
}

/** The same between root trees. */
export async function planTrees(context: PlanContext, { before, after }: { readonly before: string; readonly after: string }, between: Pick<Plan, 'base' | 'head'>, options: PlanOptions = {}): Promise<Plan> {
  const { objects, loader } = context;
  const parts = within(await changedParts(objects, before, after), options.tenants);
  const oldPlatform = context.platformAt?.(before) ?? (await readPlatform(objects, before));
  const newPlatform = parts.platform ? await readPlatform(objects, after) : oldPlatform;
  const inForce = context.inForceAt?.(before);
  const comparison = new Comparison({ objects, loader, before: oldPlatform, after: newPlatform, inForce });
  const diffs = options.rendered === true;
  const outside = options.tenants === undefined ? outsideTenants(comparison, parts, diffs) : [];
  if (parts.tenants.length <= comparedHere) {
    const all = [...outside, ...(await partsOf(comparison, parts.tenants, diffs))];
    const summaries = all.map(summarise);
    const page = pageOf(summaries, options);
    return buildPlan({ summaries, shown: all.filter(({ tenant }) => (tenant === undefined ? page.platform : page.tenants.includes(tenant))) }, between, options);
  }
  const task = { before, after, inForce, unwritten: context.unwritten ?? [] };
  const summaries = [...outside.map(summarise), ...(await context.crew.summaries(task, parts.tenants))];
  const page = pageOf(summaries, options);
  const wanted = new Set(page.tenants);
  const shown = await partsOf(comparison, parts.tenants.filter(({ tenant }) => wanted.has(tenant)), diffs);
  return buildPlan({ summaries, shown: [...(page.platform ? outside : []), ...shown] }, between, options);
}

/** Who asks about one tenant costs what that tenant costs, whatever else changes. */
function within(parts: ChangedParts, tenants: readonly string[] | undefined): ChangedParts {
  return tenants === undefined ? parts : { ...parts, tenants: parts.tenants.filter(({ tenant }) => tenants.includes(tenant)) };
}

/** The part of the platform's files, and of files that belong to nobody. */
function outsideTenants(comparison: Comparison, { platform, files }: ChangedParts, diffs: boolean): PlanPart[] {
  if (platform) return [planPart(comparison.platform(files), { diffs })];
  const side = { platform: nobody, tenant: undefined };
  return files.length === 0 ? [] : [planPart({ files, rendered: [], problems: [], openings: [], before: side, after: side })];
}

const nobody = loadPlatform([]);

async function partsOf(comparison: Comparison, pairs: readonly TenantPair[], diffs: boolean): Promise<PlanPart[]> {
  const parts: PlanPart[] = [];
  const pause = pauses();
  for (const pair of pairs) {
    parts.push(planPart(await comparison.tenant(pair), { diffs }));
    await pause();
  }
  return parts;
}

/** What is at hand of a view, as it is now: that need not be read or rendered again. */
export function planContextOf(view: StateView, { objects, loader, crew }: Pick<PlanContext, 'objects' | 'loader' | 'crew'>): PlanContext {
  const { root, platform } = view;
  const inForce = {
    rendered: new Map([...view.cells.toMap()].map(([name, { tree }]) => [name, tree])),
    quarantined: view.quarantines.keys(),
  };
  return {
    objects, loader, crew,
    platformAt: (at) => (at === root || at === platform.root ? platform.state : undefined),
    inForceAt: (at) => (at === root ? inForce : undefined),
  };
}

/** Whether a change of the platform's files concerns many tenants. */
export function concernsMany(files: readonly FileChange[], view: StateView): boolean {
  return files.some(isPlatforms) && view.tenants.keys().size > many;
}

/** The same, of the platform's files alone: nothing changes of the tenants but what is rendered, so there is no transition to judge. */
export function onlyRendersMany(files: readonly FileChange[], view: StateView): boolean {
  return files.every(isPlatforms) && concernsMany(files, view);
}

function isPlatforms({ path }: FileChange): boolean {
  return !path.startsWith('tenants/');
}

/** The plan of a change that was refused, or that changes nothing: what is wrong with it. */
export function refusedPlan(base: string, { problems = [], openings = [] }: { readonly problems?: readonly Problem[] | undefined; readonly openings?: readonly Opening[] | undefined } = {}): Plan {
  const side = { platform: nobody, tenant: undefined };
  const part = planPart({ files: [], rendered: [], problems, openings, before: side, after: side });
  return buildPlan({ summaries: [summarise(part)], shown: [part] }, { base });
}
