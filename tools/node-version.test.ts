import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const asNode20 = ['--import', 'data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })'];

test.each(['cli/cameleer.js', 'cli/demo.js', 'api/main.js'])('%s refuses an old Node.js with a sentence', (entry) => {
  const run = spawnSync(process.execPath, [...asNode20, join(root, entry)], { encoding: 'utf8' });
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(
    'cameleer needs Node.js 24 or later; this is 20.20.2. On Linux, run it through npm (`npm start`, `npx cameleer`) after `npm ci`, which brings its own Node.js; elsewhere install Node.js 24.\n',
  );
});
