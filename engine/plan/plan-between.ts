import { hasErrors, loadPlatform, tenantDirectory, tenantOfPath, validatePlatform, validateTenant } from '../../schemas/index.ts';
import type { PlatformState, Problem, TenantState } from '../../schemas/index.ts';
import { proveTenant, renderCellBase, renderTenant, SynthError } from '../../synth/index.ts';
import type { Opening } from '../../synth/index.ts';
import { entryAt, isTree } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Rendered } from '../state/assess-tenant.ts';
import { changedTenants } from '../state/changed-tenants.ts';
import { tenantTrees } from '../state/cold-view.ts';
import { readPlatform } from '../state/read-state.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { FileChange, Plan, PlanOptions } from '../types.ts';
import { fileChanges } from './file-changes.ts';
import { pauses } from './pauses.ts';
import { PlanBuilder } from './plan-builder.ts';
import { planPart } from './plan-part.ts';
import type { PartSource } from './plan-part.ts';
import type { RenderedFile } from './rendered-changes.ts';

export interface PlanContext {
  readonly objects: ObjectReader;
  readonly loader: TenantLoader;
  /** Platform files by the root tree that they stand in, when they are at hand. */
  readonly platformAt?: (root: string) => PlatformState | undefined;
}

interface Side {
  readonly root: string;
  readonly platform: PlatformState;
}

/**
 * What going from one commit to another does. Only tenants that differ are read and rendered; a change of the platform's
 * files concerns all of them, one after the other: of those that the page does not show only numbers are kept.
 */
export async function planBetween(context: PlanContext, base: string, head: string, options: PlanOptions = {}): Promise<Plan> {
  const [before, after] = [(await context.objects.commit(base)).tree, (await context.objects.commit(head)).tree];
  const builder = new PlanBuilder(options);
  for await (const source of partsBetween(context, before, after)) builder.add(planPart(source, { diffs: options.rendered === true && builder.shows(source.tenant) }));
  return builder.plan({ base, head });
}

async function* partsBetween(context: PlanContext, before: string, after: string): AsyncGenerator<PartSource> {
  const { objects } = context;
  const change = await changedTenants(objects, before, after);
  const oldPlatform = context.platformAt?.(before) ?? (await readPlatform(objects, before));
  const newPlatform = change.platform ? await readPlatform(objects, after) : oldPlatform;
  const comparison = new Comparison(context, { root: before, platform: oldPlatform }, { root: after, platform: newPlatform });
  const files = filesByTenant(await fileChanges(objects, before, after));
  if (change.platform) yield comparison.platform(files.get(undefined) ?? []);
  const ids = change.platform ? await tenantIds(objects, before, after) : [...change.tenants.keys()];
  const pause = pauses();
  for (const id of ids) {
    yield await comparison.tenant(id, files.get(id) ?? []);
    await pause();
  }
}

/** Files by the tenant that they belong to, `undefined` for the platform's. */
export function filesByTenant(files: readonly FileChange[]): Map<string | undefined, FileChange[]> {
  return Map.groupBy(files, (file) => tenantOfPath(file.path));
}

async function tenantIds(objects: ObjectReader, ...roots: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const root of roots) for (const id of (await tenantTrees(objects, root)).keys()) ids.add(id);
  return [...ids].sort();
}

const nobody = loadPlatform([]);

class Comparison {
  readonly #context: PlanContext;
  readonly #before: Side;
  readonly #after: Side;

  constructor(context: PlanContext, before: Side, after: Side) {
    this.#context = context;
    this.#before = before;
    this.#after = after;
  }

  platform(files: readonly FileChange[]): PartSource {
    const [before, after] = [this.#before.platform, this.#after.platform];
    const cells = new Set([...before.cells.keys(), ...after.cells.keys()]);
    const base = (platform: PlatformState): Rendered => new Map([...cells].map((cell) => [cell, platform.cells.has(cell) ? renderCellBase(platform, cell) : new Map()]));
    return {
      files, rendered: differing(base(before), base(after)), problems: validatePlatform(after), openings: [],
      before: { platform: before, tenant: undefined }, after: { platform: after, tenant: undefined },
    };
  }

  async tenant(id: string, files: readonly FileChange[]): Promise<PartSource> {
    const before = { platform: this.#before.platform, tenant: await this.#load(this.#before, id) };
    const after = { platform: this.#after.platform, tenant: await this.#load(this.#after, id) };
    const part = { tenant: id, files, before, after };
    const problems = after.tenant === undefined ? [] : validateTenant(after.platform, after.tenant);
    if (hasErrors(problems)) return { ...part, rendered: [], problems, openings: [] };
    const rendered = after.tenant === undefined ? nothing : render(after.platform, after.tenant);
    const openings = after.tenant === undefined ? [] : proveTenant(after.platform, after.tenant, rendered);
    return { ...part, rendered: differing(this.#renderedBefore(before.platform, before.tenant), rendered), problems, openings };
  }

  #renderedBefore(platform: PlatformState, tenant: TenantState | undefined): Rendered {
    return tenant === undefined || hasErrors(validateTenant(platform, tenant)) ? nothing : render(platform, tenant);
  }

  async #load(side: Side, id: string): Promise<TenantState | undefined> {
    const entry = await entryAt(this.#context.objects, side.root, tenantDirectory(id));
    return entry === undefined || !isTree(entry) ? undefined : this.#context.loader.load(id, entry.oid);
  }
}

const nothing: Rendered = new Map();

function differing(old: Rendered, current: Rendered): RenderedFile[] {
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((cell) => {
    const before = old.get(cell) ?? new Map<string, string>();
    const after = current.get(cell) ?? new Map<string, string>();
    const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
    return paths.map((path) => ({ cell, path, before: before.get(path), after: after.get(path) }));
  });
}

function render(platform: PlatformState, tenant: TenantState): Rendered {
  try {
    return renderTenant(platform, tenant);
  } catch (error) {
    if (error instanceof SynthError) return nothing;
    throw error;
  }
}

/** The plan of a change that was refused, or that changes nothing: what is wrong with it. */
export function refusedPlan(base: string, { problems = [], openings = [] }: { readonly problems?: readonly Problem[] | undefined; readonly openings?: readonly Opening[] | undefined } = {}): Plan {
  const builder = new PlanBuilder();
  const side = { platform: nobody, tenant: undefined };
  builder.add(planPart({ files: [], rendered: [], problems, openings, before: side, after: side }));
  return builder.plan({ base });
}
