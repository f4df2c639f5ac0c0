import { isDeepStrictEqual } from 'node:util';
import type { FieldChange } from './types.ts';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function splitPointer(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * The fields that differ between two values, by pointer, in order of names. Lists are compared whole: an index does not name
 * the same item in both.
 */
export function fieldChanges(before: unknown, after: unknown, pointer = ''): FieldChange[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => fieldChanges(own(before, name), own(after, name), `${pointer}/${escapePointer(name)}`));
  }
  if (isDeepStrictEqual(before, after)) return [];
  return [{ pointer, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

/** A field named `toString` is one only where the object has it itself. */
function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The value at a pointer. */
export function valueAt(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of splitPointer(pointer)) {
    if (Array.isArray(found)) found = (found as unknown[])[Number(part)];
    else if (isObject(found) && Object.hasOwn(found, part)) found = found[part];
    else return undefined;
  }
  return found;
}
