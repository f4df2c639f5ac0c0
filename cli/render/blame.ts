import type { BlameAnswer } from '../verbs/blame.ts';
import type { Palette } from './palette.ts';
import { clean, table } from './table.ts';

const longestValue = 40;

/** A line a field: what it is, who set it so and when, by which commit. */
export function renderBlame({ fields }: BlameAnswer, palette: Palette): string {
  const rows = fields.map(({ pointer, value, entry }) => [
    clean(pointer), shorten(clean(JSON.stringify(value))), clean(entry.author), entry.time.slice(0, 10), entry.commit.slice(0, 12),
    entry.signature === 'platform' ? clean(entry.subject) : `${clean(entry.subject)} ${palette.yellow(entry.signature === 'none' ? '(not signed)' : '(signature not valid)')}`,
  ]);
  return table(['FIELD', 'VALUE', 'BY', 'SINCE', 'COMMIT', 'WITH'], rows);
}

function shorten(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}
