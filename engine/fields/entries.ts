import { escapePointer } from '../plan/field-changes.ts';

/** What stands at a pointer of an object: a group of fields, or a value. A list is a value: an index does not name the same item in two lists. */
export type Entry = { readonly group: true } | { readonly value: unknown };

/** By RFC 6901 pointer, groups as well as what is in them. */
export type Entries = ReadonlyMap<string, Entry>;

export function entriesOf(value: unknown, pointer = ''): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  collect(entries, pointer, value);
  return entries;
}

function collect(entries: Map<string, Entry>, pointer: string, value: unknown): void {
  if (value === undefined) return;
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
  entries.set(pointer, isGroup ? { group: true } : { value });
  if (isGroup) for (const [name, inner] of Object.entries(value)) collect(entries, `${pointer}/${escapePointer(name)}`, inner);
}

/** The pointers of the groups that a field lies in, the outermost first. */
export function ancestorsOf(pointer: string): string[] {
  const parts = pointer.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

export function isBelow(pointer: string, above: string): boolean {
  return pointer.startsWith(`${above}/`);
}
