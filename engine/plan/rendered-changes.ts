import { isDeepStrictEqual } from 'node:util';
import type { RenderedChange } from '../types.ts';
import { readValue } from './read-value.ts';

/** A rendered file that differs, with both texts. */
export interface RenderedFile {
  readonly cell: string;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number; readonly template?: unknown; readonly volumeClaimTemplates?: unknown };
}

/** One workload, or other object, on both sides of the change. */
export interface ChangedObject {
  readonly cell: string;
  readonly kind: string;
  /** `t-acme--dev/orders`; without a namespace only the name. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly before: Manifest | undefined;
  readonly after: Manifest | undefined;
}

function manifestOf(text: string | undefined): Manifest | undefined {
  const value = readValue(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

function nameOf(manifest: Manifest): string {
  const { name = '', namespace } = manifest.metadata ?? {};
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The object that a rendered file holds (synth writes one a file), before and after. */
export function changedObject(file: RenderedFile): ChangedObject | undefined {
  const before = manifestOf(file.before);
  const after = manifestOf(file.after);
  const either = after ?? before;
  if (either?.kind === undefined) return undefined;
  return { cell: file.cell, kind: `${either.apiVersion ?? ''}/${either.kind}`, name: nameOf(either), namespace: either.metadata?.namespace, before, after };
}

export function renderedChange(file: RenderedFile, object: ChangedObject | undefined): RenderedChange {
  return {
    cell: file.cell,
    path: file.path,
    change: file.before === undefined ? 'added' : file.after === undefined ? 'deleted' : 'modified',
    objects: object === undefined ? [] : [`${object.kind} ${object.name}`],
  };
}

export function restarts(object: ChangedObject): boolean {
  return object.before !== undefined && object.after !== undefined && !isDeepStrictEqual(object.before.spec?.template, object.after.spec?.template);
}

export function scales(object: ChangedObject): boolean {
  return object.before !== undefined && object.after !== undefined && object.before.spec?.replicas !== object.after.spec?.replicas;
}
