import { createHash } from 'node:crypto';
import { outlineOf } from './manifest-outline.ts';
import type { ManifestOutline } from './manifest-outline.ts';
import { renderedDiff } from './rendered-diff.ts';
import type { RenderedChange } from './types.ts';

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

function changeOf({ before, after }: RenderedFile): RenderedChange['change'] {
  if (before === undefined) return 'added';
  return after === undefined ? 'deleted' : 'modified';
}

/** `diff`: with the difference of the texts. */
export function renderedChange(file: RenderedFile, object: ChangedObject | undefined, diff: boolean): RenderedChange {
  return {
    cell: file.cell,
    path: file.path,
    change: changeOf(file),
    objects: object === undefined ? [] : [`${object.kind} ${object.name}`],
    ...(diff && { diff: renderedDiff(file, object) }),
  };
}

/** What the hash of a plan covers of a rendered file: the lines from the first to the last that differ. */
export function renderedFacts(file: RenderedFile): { readonly cell: string; readonly path: string; readonly change: string; readonly lines: string } {
  const { removed, added } = differingLines(file);
  return { cell: file.cell, path: file.path, change: changeOf(file), lines: createHash('sha256').update(`${removed.join('\n')}\0${added.join('\n')}`).digest('hex') };
}

function differingLines({ before = '', after = '' }: RenderedFile): { readonly removed: readonly string[]; readonly added: readonly string[] } {
  const [old, current] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && start < current.length && old[start] === current[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < current.length - start && old.at(-1 - end) === current.at(-1 - end)) end += 1;
  return { removed: old.slice(start, old.length - end), added: current.slice(start, current.length - end) };
}

export function restarts({ before, after }: ChangedObject): boolean {
  return before !== undefined && after !== undefined && before.template !== after.template;
}

export function scales({ before, after }: ChangedObject): boolean {
  return before !== undefined && after !== undefined && before.replicas !== after.replicas;
}
