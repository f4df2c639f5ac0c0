import { closest, distance } from 'fastest-levenshtein';

/** The known name that a person most likely meant; undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const candidates = [...known];
  if (candidates.length === 0 || name.length > 100) return undefined;
  const best = closest(name, candidates);
  return distance(name.toLowerCase(), best.toLowerCase()) <= Math.max(2, Math.floor(best.length / 2)) ? best : undefined;
}

/** ` Did you mean \`x\`?`, or nothing; to be appended to a message. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : ` Did you mean \`${near}\`?`;
}
