import { stripVTControlCharacters } from 'node:util';

/** Text from elsewhere, without anything that could move the cursor or change the terminal; line ends become spaces. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '');
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Columns aligned by two spaces; the last one is not padded. An empty list of headers gives no header line. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = headers.length === 0 ? rows : [headers, ...rows];
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines.map((line) => renderLine(line, widths)).join('\n');
}

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)))).join('  ').trimEnd();
}

/** A table whose first column names what the second holds; rows without a value are left out. */
export function fields(rows: readonly (readonly [string, string | undefined])[]): string {
  return table([], rows.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value]])));
}
