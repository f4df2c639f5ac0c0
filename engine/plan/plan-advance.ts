import { tenantOfPath } from '../../schemas/index.ts';
import type { PlatformState, Problem } from '../../schemas/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Advanced } from '../state/advance.ts';
import type { RenderedFileChange } from '../state/cell-trees.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import type { FileChange, Plan, PlanOptions } from '../types.ts';
import { pauses } from './pauses.ts';
import { PlanBuilder } from './plan-builder.ts';
import { filesByTenant } from './plan-between.ts';
import { planPart } from './plan-part.ts';
import type { PartState } from './plan-part.ts';
import type { RenderedFile } from './rendered-changes.ts';

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
  const files = filesByTenant(changes);
  const rendered = Map.groupBy(advanced.rendered, (change) => tenantOfRendered(change.path));
  const problems = Map.groupBy(advanced.problems, (problem) => tenantOfPath(problem.path));
  const ids = [...new Set([...files.keys(), ...rendered.keys(), ...problems.keys()])].sort((a = '', b = '') => (a < b ? -1 : 1));
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
  const builder = new PlanBuilder(options);
  const pause = pauses();
  for (const part of parts) {
    const { tenant } = part;
    const stateOf = async ({ platform, tree }: StepSide): Promise<PartState> => ({ platform, tenant: tenant === undefined || tree === undefined ? undefined : await from.loader.load(tenant, tree, from.objects) });
    const [before, after] = [await stateOf(part.before), await stateOf(part.after)];
    const rendered = await Promise.all(part.rendered.map((change) => textsOf(change, from.objects)));
    const source = { ...(tenant !== undefined && { tenant }), files: part.files, rendered, problems: part.problems, openings: [], before, after };
    builder.add(planPart(source, { diffs: options.rendered === true && builder.shows(tenant) }));
    await pause();
  }
  return builder.plan(between);
}

async function textsOf(change: RenderedFileChange, objects: ObjectReader): Promise<RenderedFile> {
  const text = async (oid: string | undefined) => (oid === undefined ? undefined : (await objects.blob(oid)).content?.toString('utf8'));
  return { cell: change.cell, path: change.path, before: await text(change.before), after: await text(change.after) };
}
