import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stockGit } from '../../engine/testing/stock-git.ts';
import { fuzzGit, sendWire, type WireRequest } from '../testing/fuzz-git.ts';
import { recordGitSessions } from '../testing/record-git-sessions.ts';
import { serve, type Served } from '../testing/serve.ts';

let served: Served;
let folder: string;
let sessions: readonly WireRequest[];

beforeAll(async () => {
  served = await serve();
  folder = mkdtempSync(join(tmpdir(), 'cameleer-fuzz-'));
  sessions = await recordGitSessions(served, folder);
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
