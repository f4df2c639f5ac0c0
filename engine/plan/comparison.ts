import { hasErrors, tenantDirectory, trustInForce, validatePlatform, validateTenant } from '../../schemas/index.ts';
import type { PlatformState, TenantState } from '../../schemas/index.ts';
import { proveTenant, renderCellBase, renderTenant, SynthError } from '../../synth/index.ts';
import type { FileChange } from '../change.ts';
import { blobId, EMPTY_TREE, entryAt, isTree, listFiles } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Rendered } from '../state/assess-tenant.ts';
import { tenantFluxFile } from '../state/cell-trees.ts';
import { renderedText } from '../state/rendered-text.ts';
import type { TenantLoader } from '../state/read-state.ts';
import { platformKey } from '../state/state-view.ts';
import type { TenantPair } from './changed-parts.ts';
import { fileChanges } from './file-changes.ts';
import type { PartSource } from './plan-part.ts';
import type { RenderedFile } from './rendered-changes.ts';

/** What is known of a side that is in force, or was: all of it was found valid, but for who is quarantined. */
export interface InForce {
  /** Cell → tree of what this version of synth rendered of it. */
  readonly rendered: ReadonlyMap<string, string>;
  /** Tenants, and `platformKey` for the platform's files. */
  readonly quarantined: ReadonlySet<string>;
}

export interface Compared {
  readonly objects: ObjectReader;
  readonly loader: TenantLoader;
  readonly before: PlatformState;
  readonly after: PlatformState;
  /** The side before, when it is that; else it is rendered again. */
  readonly inForce: InForce | undefined;
}

const nothing: Rendered = new Map();

/** Compares the two sides of a change, part by part. */
export class Comparison {
  readonly #compared: Compared;

  constructor(compared: Compared) {
    this.#compared = compared;
  }

  platform(files: readonly FileChange[]): PartSource {
    const { before, after } = this.#compared;
    const cells = new Set([...before.cells.keys(), ...after.cells.keys()]);
    const base = (platform: PlatformState): Rendered => new Map([...cells].map((cell) => [cell, platform.cells.has(cell) ? renderCellBase(platform, cell) : new Map()]));
    return {
      files, rendered: differing(base(before), base(after)), problems: validatePlatform(after), openings: [],
      before: { platform: before, tenant: undefined }, after: { platform: after, tenant: undefined },
    };
  }

  async tenant(pair: TenantPair): Promise<PartSource> {
    const { objects } = this.#compared;
    const { tenant: id } = pair;
    const before = { platform: this.#compared.before, tenant: await this.#load(id, pair.before) };
    const after = { platform: this.#compared.after, tenant: await this.#load(id, pair.after) };
    if (this.#isInForce(id) && before.tenant !== undefined) trustInForce(before.platform, before.tenant);
    const files = await fileChanges(objects, pair.before ?? EMPTY_TREE, pair.after ?? EMPTY_TREE, `${tenantDirectory(id)}/`);
    const part = { tenant: id, files, before, after };
    const problems = after.tenant === undefined ? [] : validateTenant(after.platform, after.tenant);
    if (hasErrors(problems)) return { ...part, rendered: [], problems, openings: [] };
    const rendered = after.tenant === undefined ? nothing : render(after.platform, after.tenant);
    const openings = after.tenant === undefined ? [] : proveTenant(after.platform, after.tenant, rendered);
    return { ...part, rendered: await this.#differences(id, before.tenant, rendered), problems, openings };
  }

  #isInForce(id: string): boolean {
    const { inForce } = this.#compared;
    return inForce !== undefined && !inForce.quarantined.has(id) && !inForce.quarantined.has(platformKey);
  }

  async #differences(id: string, before: TenantState | undefined, rendered: Rendered): Promise<RenderedFile[]> {
    const { inForce, before: platform } = this.#compared;
    if (inForce === undefined) return differing(before === undefined || hasErrors(validateTenant(platform, before)) ? nothing : render(platform, before), rendered);
    const cells = new Set([...inForce.rendered.keys(), ...rendered.keys()]);
    return (await Promise.all([...cells].map((cell) => this.#inCell(cell, { id, root: inForce.rendered.get(cell) ?? EMPTY_TREE, files: rendered.get(cell) ?? new Map<string, string>() })))).flat();
  }

  /** Most files are as they were: only those whose ids differ are read. */
  async #inCell(cell: string, { id, root, files }: { readonly id: string; readonly root: string; readonly files: ReadonlyMap<string, string> }): Promise<RenderedFile[]> {
    const { objects } = this.#compared;
    const [folder, flux] = [tenantDirectory(id), tenantFluxFile(id)];
    const [entry, fluxEntry] = await Promise.all([entryAt(objects, root, folder), entryAt(objects, root, flux)]);
    const old = entry !== undefined && isTree(entry) ? await listFiles(objects, entry.oid, `${folder}/`) : new Map<string, { readonly oid: string }>();
    const oids = new Map([...old].map(([path, file]) => [path, file.oid]));
    if (fluxEntry !== undefined) oids.set(flux, fluxEntry.oid);
    const changed = [...new Set([...oids.keys(), ...files.keys()])].filter((path) => {
      const text = files.get(path);
      return text === undefined || oids.get(path) !== blobId(text);
    });
    return Promise.all(changed.map(async (path) => ({ cell, path, before: await renderedText(objects, oids.get(path)), after: files.get(path) })));
  }

  async #load(id: string, tree: string | undefined): Promise<TenantState | undefined> {
    return tree === undefined ? undefined : this.#compared.loader.load(id, tree, this.#compared.objects);
  }
}

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
