import { tenantOfPath, validatePlatform } from '../../schemas/index.ts';
import type { PlatformState, Problem } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Advanced } from '../state/advance.ts';
import type { RenderedFileChange } from '../state/cell-trees.ts';
import { renderedText } from '../state/rendered-text.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { pauses } from '../pauses.ts';
import { isEmpty, summarise } from './part-summary.ts';
import type { PartSummary } from './part-summary.ts';
import { buildPlan, pageOf, pageSize } from './plan-builder.ts';
import { planPart } from './plan-part.ts';
import type { PartState, PlanPart } from './plan-part.ts';
import type { RenderedFile } from './rendered-changes.ts';
import type { Plan, PlanOptions } from './types.ts';

interface StepSide {
  readonly platform: PlatformState;
  /** The tenant's tree in force. */
  readonly tree: string | undefined;
}

/** What a step did to one tenant, or to the platform's files, by ids: the texts are read when the plan is made. */
interface StepPart {
  readonly tenant: string | undefined;
  readonly files: readonly FileChange[];
  readonly rendered: readonly RenderedFileChange[];
  readonly problems: readonly Problem[];
  readonly before: StepSide;
  readonly after: StepSide;
}

/** To be taken at once: the view goes on, and the plan is made later. */
export function stepParts(view: StateView, advanced: Advanced, changes: readonly FileChange[]): StepPart[] {
  const files = Map.groupBy(changes, (file) => tenantOfPath(file.path));
  const rendered = Map.groupBy(advanced.rendered, (change) => tenantOfRendered(change.path));
  const problems = Map.groupBy(advanced.problems, (problem) => tenantOfPath(problem.path));
  if (files.has(undefined)) problems.set(undefined, validatePlatform(advanced.view.platform.state));
  const found = [...files.keys(), ...rendered.keys(), ...problems.keys()];
  // `sort` puts what is undefined at the end, whatever it is told.
  const ids = [...(found.includes(undefined) ? [undefined] : []), ...new Set(found.filter((id) => id !== undefined).sort())];
  const side = (at: StateView, id: string | undefined): StepSide => ({ platform: at.platform.state, tree: id === undefined ? undefined : at.tenants.get(id) });
  return ids.map((id) => ({
    tenant: id, files: files.get(id) ?? [], rendered: rendered.get(id) ?? [], problems: problems.get(id) ?? [], before: side(view, id), after: side(advanced.view, id),
  }));
}

/** The tenant whose file of a cell it is: below its folder, or its file of Flux. */
function tenantOfRendered(path: string): string | undefined {
  return tenantOfPath(path.replace(/^flux\//, '').replace(/\.yaml$/, '/'));
}

/** The plan of a step that has been made: what it rendered is there, so that nothing is rendered again. */
export async function planParts(parts: readonly StepPart[], from: { readonly objects: ObjectReader; readonly loader: TenantLoader }, between: Pick<Plan, 'base' | 'head'>, options: PlanOptions = {}): Promise<Plan> {
  const summaries: PartSummary[] = [];
  const shown: PlanPart[] = [];
  const pause = pauses();
  for (const { tenant, files, problems, ...step } of options.tenants === undefined ? parts : parts.filter((part) => part.tenant !== undefined && options.tenants?.includes(part.tenant))) {
    const stateOf = async ({ platform, tree }: StepSide): Promise<PartState> => ({ platform, tenant: tenant === undefined || tree === undefined ? undefined : await from.loader.load(tenant, tree, from.objects) });
    const [before, after] = [await stateOf(step.before), await stateOf(step.after)];
    const rendered = await Promise.all(step.rendered.map((change) => textsOf(change, from.objects)));
    const part = planPart({ ...(tenant !== undefined && { tenant }), files, rendered, problems, openings: [], before, after }, { diffs: options.rendered === true });
    const summary = summarise(part);
    summaries.push(summary);
    // Of a change of all tenants only the first page is kept.
    if (tenant === undefined || (shown.length <= pageSize(options) && !isEmpty(summary))) shown.push(part);
    await pause();
  }
  const page = new Set<string | undefined>([undefined, ...pageOf(summaries, options).tenants]);
  return buildPlan({ summaries, shown: shown.filter(({ tenant }) => page.has(tenant)) }, between, options);
}

async function textsOf(change: RenderedFileChange, objects: ObjectReader): Promise<RenderedFile> {
  return { cell: change.cell, path: change.path, before: await renderedText(objects, change.before), after: await renderedText(objects, change.after) };
}
