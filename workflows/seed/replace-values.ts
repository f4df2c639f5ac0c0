import { isScalar, stringify } from 'yaml';
import { readDocument } from '../../schemas/index.ts';
import { SeedError } from './seed-error.ts';

/** Path of map keys and list indices → new text. */
export type Replacement = readonly [path: readonly (string | number)[], value: string];

/**
 * Puts new values in the place of old ones in a YAML text and leaves every other byte alone: comments, order, quoting,
 * brackets. Errors: `seed_invalid` when a path leads to no single value.
 */
export function replaceValues(text: string, replacements: readonly Replacement[]): string {
  const document = readDocument(text);
  const splices = replacements.map(([path, value]) => {
    const node: unknown = document.getIn(path, true);
    const range = isScalar(node) ? node.range : undefined;
    if (!range) throw new SeedError('seed_invalid', `A file of the example has no value at ${path.join('.')}. Add one, such as a placeholder.`);
    return { start: range[0], end: range[1], value: stringify(value, { lineWidth: 0 }).trimEnd() };
  });
  return splices.sort((a, b) => b.start - a.start).reduce((result, { start, end, value }) => result.slice(0, start) + value + result.slice(end), text);
}
