import { objectsOfTenant } from '../../objects.ts';
import type { KindName, Loaded, TenantState } from '../../state.ts';

/** An object of which a change touched the bytes. */
export interface Change<K extends KindName = KindName> {
  readonly kind: K;
  readonly path: string;
  readonly before: Loaded<K> | undefined;
  readonly after: Loaded<K> | undefined;
}

/** The objects that differ, by blob id, in path order. One whose file can not be read is not gone: what is wrong with it stands with the file. */
export function changesBetween(before: TenantState | undefined, after: TenantState | undefined): readonly Change[] {
  const changes = new Map<string, Change>();
  for (const loaded of before === undefined ? [] : objectsOfTenant(before)) {
    changes.set(loaded.path, { kind: loaded.ref.kind, path: loaded.path, before: loaded, after: undefined });
  }
  for (const loaded of after === undefined ? [] : objectsOfTenant(after)) {
    const old = changes.get(loaded.path)?.before;
    if (old?.oid === loaded.oid) changes.delete(loaded.path);
    else changes.set(loaded.path, { kind: loaded.ref.kind, path: loaded.path, before: old, after: loaded });
  }
  const unread = new Set(after?.problems.filter(({ severity }) => severity === 'error').map(({ path }) => path));
  return [...changes.values()].filter((change) => change.after !== undefined || !unread.has(change.path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function isChangeOf<K extends KindName>(change: Change, kind: K): change is Change<K> {
  return change.kind === kind;
}
