// `node tools/golden.ts` renews fixtures/golden/cells: what tenants-example renders to. A test fails when it is stale.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadState, readFolder } from '../schemas/index.ts';
import { renderCells } from '../synth/index.ts';

const root = join(import.meta.dirname, '..');
const golden = join(root, 'fixtures/golden/cells');
const { platform, tenants } = loadState(await readFolder(join(root, 'tenants-example')));
rmSync(golden, { recursive: true, force: true });
for (const [cell, files] of renderCells(platform, tenants.values())) {
  for (const [path, text] of files) {
    const target = join(golden, cell, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
