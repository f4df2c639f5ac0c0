import type { HistoryAnswer, HistoryItem } from '../client/answers.ts';
import type { Palette } from './palette.ts';
import { clean, table } from './table.ts';

/** Newest first: what happened, who did it, through which door, and whose signature is on it. */
export function renderHistory({ entries, next }: HistoryAnswer, palette: Palette): string {
  if (entries.length === 0) return 'No commit touches it.';
  const rows = entries.map((entry) => [
    entry.commit.slice(0, 12), `${entry.time.slice(0, 19).replace('T', ' ')}Z`, trailer(entry, 'Cameleer-Actor') ?? entry.author.split(' <')[0] ?? '',
    trailer(entry, 'Cameleer-Door') ?? 'push', signature(entry, palette), clean(entry.subject),
  ]);
  const older = next === undefined ? [] : [palette.dim(`older: the same command with --before ${next}`)];
  return [table(['COMMIT', 'TIME', 'ACTOR', 'DOOR', 'SIGNED', 'WHAT'], rows), ...older].join('\n');
}

function trailer(entry: HistoryItem, name: string): string | undefined {
  const value = entry.trailers[name]?.[0];
  return value === undefined ? undefined : clean(value);
}

function signature({ signature: state }: HistoryItem, palette: Palette): string {
  if (state === 'platform') return palette.green('platform');
  return state === 'invalid' ? palette.red('INVALID') : 'no';
}
