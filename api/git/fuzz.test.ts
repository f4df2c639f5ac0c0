import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { stockGit } from '../../engine/testing/stock-git.ts';
import { fuzzGit, recordSessions, sendWire, type WireRequest } from '../testing/fuzz-git.ts';
import { serve, type Served } from '../testing/serve.ts';

let served: Served;
let folder: string;
let sessions: readonly WireRequest[];

beforeAll(async () => {
  served = await serve();
  folder = mkdtempSync(join(tmpdir(), 'cameleer-fuzz-'));
  const header = ['-c', `http.extraHeader=Authorization: Bearer ${served.operator}`];
  sessions = await recordSessions(served.server.url, async (url) => {
    for (const version of ['0', '2']) {
      const clone = join(folder, `clone-${version}`);
      expect(await runStockGit(folder, ['-c', `protocol.version=${version}`, ...header, 'clone', '--quiet', `${url}/git/state.git`, clone])).toMatchObject({ status: 0 });
      expect(await runStockGit(folder, ['-c', `protocol.version=${version}`, ...header, 'clone', '--quiet', '--depth=1', `${url}/git/tenants/acme.git`, `${clone}-acme`])).toMatchObject({ status: 0 });
    }
    // A push that is refused as it is: no mutation of it may be taken.
    const clone = join(folder, 'clone-2');
    const file = join(clone, 'tenants/ac/acme/settings.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/displayName: .*/, 'displayName: [1]'));
    await runStockGit(clone, ['commit', '--quiet', '-am', 'Break acme']);
    expect((await runStockGit(clone, [...header, 'push', 'origin', 'HEAD:main', 'HEAD:refs/for/main'])).status).not.toBe(0);
  });
}, 60_000);

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

function stateOfRepository(): object {
  const directory = served.plane.stores.stateRepository;
  return {
    refs: stockGit(directory, ['for-each-ref']),
    damage: stockGit(directory, ['fsck', '--strict', '--no-dangling']),
    left: readdirSync(join(directory, 'objects')).filter((name) => name.startsWith('tmp_')),
    packs: readdirSync(join(directory, 'objects/pack')).length,
    head: served.plane.stores.engine.head().commit,
  };
}

test('what was recorded is whole: it gets its answers', async () => {
  expect(new Set(sessions.map(({ path }) => path.replace(/.*\//, ''))).size).toBeGreaterThanOrEqual(4);
  for (const request of sessions) expect((await sendWire(served.server.url, request))?.status).toBe(200);
});

test('a thousand requests that are not as git makes them: never a fault of ours, never a write', async () => {
  const before = stateOfRepository();
  const findings = await fuzzGit({ url: served.server.url, sessions, count: 1_000, seed: 1 });
  expect(findings.map(({ seed, status, text, request }) => ({ seed, status, text, method: request.method, path: request.path }))).toEqual([]);
  expect(stateOfRepository()).toEqual(before);
}, 180_000);
