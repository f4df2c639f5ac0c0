import { hasErrors, tenantDirectory, validatePlatform, validateTenant } from '../../schemas/index.ts';
import type { PlatformState, Problem, TenantState } from '../../schemas/index.ts';
import { proveTenant, renderCellBase, renderTenant, SynthError } from '../../synth/index.ts';
import type { Opening } from '../../synth/index.ts';
import { entryAt, isTree, parseTree } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { changedTenants } from '../state/changed-tenants.ts';
import { readPlatform } from '../state/read-state.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { Rendered } from '../state/assess-tenant.ts';
import type { Plan } from '../types.ts';
import { fileChanges } from './file-changes.ts';
import { makePlan } from './make-plan.ts';
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
 * files concerns all of them.
 */
export async function planBetween(context: PlanContext, base: string, head: string): Promise<Plan> {
  const [before, after] = [(await context.objects.commit(base)).tree, (await context.objects.commit(head)).tree];
  const change = await changedTenants(context.objects, before, after);
  const oldPlatform = context.platformAt?.(before) ?? (await readPlatform(context.objects, before));
  const newPlatform = change.platform ? await readPlatform(context.objects, after) : oldPlatform;
  const comparison = new Comparison(context, { root: before, platform: oldPlatform }, { root: after, platform: newPlatform });
  if (change.platform) await comparison.platform();
  const ids = change.platform ? await tenantIds(context.objects, before, after) : change.tenants.keys();
  for (const id of ids) await comparison.tenant(id);
  const { rendered, problems, openings } = comparison;
  return makePlan({ base, head, files: await fileChanges(context.objects, before, after), rendered, problems, openings });
}

async function tenantIds(objects: ObjectReader, ...roots: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const root of roots) {
    const tenants = await entryAt(objects, root, 'tenants');
    if (tenants === undefined || !isTree(tenants)) continue;
    for (const prefix of parseTree(await objects.tree(tenants.oid)).filter(isTree)) {
      for (const tenant of parseTree(await objects.tree(prefix.oid)).filter(isTree)) ids.add(tenant.name);
    }
  }
  return [...ids].sort();
}

class Comparison {
  readonly rendered: RenderedFile[] = [];
  readonly problems: Problem[] = [];
  readonly openings: Opening[] = [];
  readonly #context: PlanContext;
  readonly #before: Side;
  readonly #after: Side;

  constructor(context: PlanContext, before: Side, after: Side) {
    this.#context = context;
    this.#before = before;
    this.#after = after;
  }

  async platform(): Promise<void> {
    this.problems.push(...validatePlatform(this.#after.platform));
    const cells = new Set([...this.#before.platform.cells.keys(), ...this.#after.platform.cells.keys()]);
    for (const cell of cells) {
      const base = (platform: PlatformState) => (platform.cells.has(cell) ? renderCellBase(platform, cell) : new Map<string, string>());
      this.#compare(new Map([[cell, base(this.#before.platform)]]), new Map([[cell, base(this.#after.platform)]]));
    }
  }

  async tenant(id: string): Promise<void> {
    const before = await this.#load(this.#before, id);
    const after = await this.#load(this.#after, id);
    const old = before === undefined || hasErrors(validateTenant(this.#before.platform, before)) ? new Map() : render(this.#before.platform, before);
    if (after === undefined) return this.#compare(old, new Map());
    const problems = validateTenant(this.#after.platform, after);
    this.problems.push(...problems);
    if (hasErrors(problems)) return;
    const rendered = render(this.#after.platform, after);
    this.openings.push(...proveTenant(this.#after.platform, after, rendered));
    this.#compare(old, rendered);
  }

  async #load(side: Side, id: string): Promise<TenantState | undefined> {
    const entry = await entryAt(this.#context.objects, side.root, tenantDirectory(id));
    return entry === undefined || !isTree(entry) ? undefined : this.#context.loader.load(id, entry.oid);
  }

  #compare(old: Rendered, current: Rendered): void {
    for (const cell of new Set([...old.keys(), ...current.keys()])) {
      const before = old.get(cell) ?? new Map<string, string>();
      const after = current.get(cell) ?? new Map<string, string>();
      for (const path of new Set([...before.keys(), ...after.keys()])) {
        if (before.get(path) !== after.get(path)) this.rendered.push({ cell, path, before: before.get(path), after: after.get(path) });
      }
    }
  }
}

function render(platform: PlatformState, tenant: TenantState): Rendered {
  try {
    return renderTenant(platform, tenant);
  } catch (error) {
    if (error instanceof SynthError) return new Map();
    throw error;
  }
}
