import type { RenderedChange } from '../types.ts';
import { outlineOf } from './manifest-outline.ts';
import type { ManifestOutline } from './manifest-outline.ts';

/** A rendered file that differs, with both texts. */
export interface RenderedFile {
  readonly cell: string;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** One workload, or other object, on both sides of the change. */
export interface ChangedObject {
  /** `apps/v1/Deployment` */
  readonly kind: string;
  /** `t-acme--dev/orders`; without a namespace only the name. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly before: ManifestOutline | undefined;
  readonly after: ManifestOutline | undefined;
}

/** The object that a rendered file holds (synth writes one a file), before and after. */
export function changedObject(file: RenderedFile): ChangedObject | undefined {
  const before = outlineOf(file.before);
  const after = outlineOf(file.after);
  const either = after ?? before;
  if (either === undefined) return undefined;
  const { apiVersion, kind, name, namespace } = either;
  return { kind: `${apiVersion}/${kind}`, name: namespace === undefined ? name : `${namespace}/${name}`, namespace, before, after };
}

export function renderedChange(file: RenderedFile, object: ChangedObject | undefined): RenderedChange {
  return {
    cell: file.cell,
    path: file.path,
    change: file.before === undefined ? 'added' : file.after === undefined ? 'deleted' : 'modified',
    objects: object === undefined ? [] : [`${object.kind} ${object.name}`],
  };
}

export function restarts({ before, after }: ChangedObject): boolean {
  return before !== undefined && after !== undefined && before.template !== after.template;
}

export function scales({ before, after }: ChangedObject): boolean {
  return before !== undefined && after !== undefined && before.replicas !== after.replicas;
}
