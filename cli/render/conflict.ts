import { isDeepStrictEqual } from 'node:util';
import type { ConflictAnswer } from '../client/answers.ts';
import { clean } from './table.ts';

/** The fields of a change request that others have changed since it was made, below the file. */
export function requestConflict({ path = '', fields }: ConflictAnswer): string[] {
  return [`  ${clean(path)}`, ...fields.map(({ pointer, base, theirs, mine }) => `    ${pointer === '' ? 'the whole file' : clean(pointer)}: was ${show(base)}, is now ${show(theirs)}, requested ${show(mine)}`)];
}

/** The three-way difference of a 412, one field a line. */
export function writeConflict({ fields }: ConflictAnswer): string[] {
  return fields.map(({ pointer, base, theirs, mine }) => {
    // Without a version that is known there is nothing to compare.
    if (pointer === '' && base === undefined && mine === undefined) return `  what you read is no version of it that is known; it is now ${show(theirs)}`;
    const wanted = isDeepStrictEqual(mine, base) ? 'you left it' : `you wanted ${show(mine)}`;
    return `  ${clean(pointer)}: was ${show(base)}, is now ${show(theirs)}, ${wanted}`;
  });
}

/** The fields that a revert would take back and that have changed again, each by the name under which it is decided. */
export function revertConflict({ path = '', fields }: ConflictAnswer): string[] {
  return fields.map(({ pointer, base, theirs, mine }) => `  ${clean(`${path}#${pointer}`)}: was made ${show(base)}, is now ${show(theirs)}, reverted it is ${show(mine)}`);
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : clean(JSON.stringify(value));
}
