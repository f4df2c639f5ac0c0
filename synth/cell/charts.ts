import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../templates/charts');
let charts: ReadonlyMap<string, string> | undefined;

/** The charts that this version brings, by path from the cell's root (`charts/…`). Read once: they are part of the program. */
export function chartFiles(): ReadonlyMap<string, string> {
  charts ??= new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [`charts/${path.slice(folder.length + 1)}`, readFileSync(path, 'utf8')]),
  );
  return charts;
}
