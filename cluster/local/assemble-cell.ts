import type { KubernetesObject } from '../driver.ts';
import type { FluxKustomization } from './shapes.ts';

/** One rendered file: its objects, or why it can't be read. `text` is kept for SOPS Secrets only. */
export interface CellFile {
  readonly path: string;
  readonly objects: readonly KubernetesObject[];
  readonly text?: string;
  readonly error?: string;
}

export interface CellObject {
  readonly object: KubernetesObject;
  readonly file: CellFile;
  /** The Kustomization that applies it; absent for what the platform applies itself (`flux/`). */
  readonly owner?: FluxKustomization;
}

export interface AssembledKustomization {
  readonly kustomization: FluxKustomization;
  readonly objects: readonly CellObject[];
  readonly errors: readonly string[];
}

export interface AssembledCell {
  readonly objects: readonly CellObject[];
  readonly kustomizations: readonly AssembledKustomization[];
  /** Files under `flux/` that can't be read. */
  readonly errors: readonly string[];
}

/** The folder that the platform applies itself; everything else is reached through Kustomizations. */
const ROOT = 'flux/';

/**
 * Which objects a cell's tree (files in path order) stands for: those under `flux/`, and those under the path of each Kustomization found on
 * the way, as Flux would. What no Kustomization reaches (`charts/`) is not applied. Of an object that occurs twice the
 * first wins and the second is an error. A suspended Kustomization keeps what it had in `before`.
 */
export function assembleCell(files: readonly CellFile[], before?: AssembledCell): AssembledCell {
  const seen = new Set<string>();
  const objects: CellObject[] = [];
  const kustomizations: AssembledKustomization[] = [];
  const rootErrors: string[] = [];
  const visit = (prefix: string, errors: string[], owner?: FluxKustomization): CellObject[] => {
    const reached: CellObject[] = [];
    for (const file of filesUnder(files, prefix)) {
      if (file.error !== undefined) errors.push(file.error);
      for (const object of file.objects) {
        if (object.apiVersion.startsWith('kustomize.config.k8s.io/')) continue;
        const placed = place(object, owner);
        const id = inventoryId(placed);
        if (seen.has(id)) errors.push(`${file.path}: ${placed.kind} ${placed.metadata.name} occurs twice.`);
        else reached.push({ object: placed, file, ...(owner === undefined ? {} : { owner }) });
        seen.add(id);
      }
    }
    objects.push(...reached);
    return reached;
  };
  const queue = visit(ROOT, rootErrors).map((item) => item.object).filter(isKustomization);
  for (const kustomization of queue) {
    const errors: string[] = [];
    const kept = kustomization.spec.suspend === true ? before?.kustomizations.find((old) => isSame(old.kustomization, kustomization)) : undefined;
    const reached = kept?.objects ?? visit(folderOf(kustomization), errors, kustomization);
    if (kept !== undefined) objects.push(...kept.objects);
    kustomizations.push({ kustomization, objects: reached, errors });
    queue.push(...reached.map((item) => item.object).filter(isKustomization));
  }
  return { objects, kustomizations, errors: rootErrors };
}

/** Files are in path order, so those of a folder stand together. */
function* filesUnder(files: readonly CellFile[], prefix: string): Iterable<CellFile> {
  let low = 0;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((files[middle]?.path ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  for (let index = low; files[index]?.path.startsWith(prefix) === true; index += 1) yield files[index] as CellFile;
}

/** Flux's inventory id: `<namespace>_<name>_<group>_<kind>`. */
export function inventoryId(object: KubernetesObject): string {
  const group = object.apiVersion.includes('/') ? object.apiVersion.slice(0, object.apiVersion.lastIndexOf('/')) : '';
  return `${object.metadata.namespace ?? ''}_${object.metadata.name}_${group}_${object.kind}`;
}

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
  return inventoryId(a) === inventoryId(b);
}

function isKustomization(object: KubernetesObject): object is FluxKustomization {
  return object.kind === 'Kustomization' && object.apiVersion.startsWith('kustomize.toolkit.fluxcd.io/');
}

function folderOf(kustomization: FluxKustomization): string {
  const path = (kustomization.spec.path ?? '').replace(/^\.?\/+/, '').replace(/\/+$/, '');
  // A Kustomization without a path would reach everything, charts too: reach nothing instead.
  return path === '' || path === '.' ? '\0' : `${path}/`;
}

function place(object: KubernetesObject, owner: FluxKustomization | undefined): KubernetesObject {
  const namespace = owner?.spec.targetNamespace;
  if (namespace === undefined || object.kind === 'Namespace') return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}
