import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleState } from './testing/example-state.ts';
import { renderCells } from './render-cells.ts';

const golden = join(import.meta.dirname, '../fixtures/golden/cells');

test('the golden files are what tenants-example renders to (renew them with `node tools/golden.ts`)', async () => {
  const { platform, tenants } = await exampleState();
  const rendered = [...renderCells(platform, tenants.values())].flatMap(([cell, files]) => [...files].map(([path, text]) => [`${cell}/${path}`, text] as const));
  const kept = readdirSync(golden, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(kept.map((path) => path.slice(golden.length + 1)).sort()).toEqual(rendered.map(([path]) => path).sort());
  for (const [path, text] of rendered) expect(readFileSync(join(golden, path), 'utf8'), path).toBe(text);
});
