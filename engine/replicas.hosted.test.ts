import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { openEngine } from './index.ts';
import { cellsMadeAgain, checkHistory } from './testing/check-history.ts';
import { key, makeFixture } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { startGitHttpServer } from './testing/git-http-server.ts';
import type { Fault, GitHttpServer } from './testing/git-http-server.ts';
import { runReplicas } from './testing/replicas.ts';

const token = 'not-to-be-seen';
let fixture: Fixture;
let host: GitHttpServer;

beforeEach(async () => {
  fixture = await makeFixture(4);
  fixture.git(['config', 'http.receivepack', 'true']);
  host = await startGitHttpServer(fixture.folder, token);
});
afterEach(async () => {
  await host.close();
  await fixture.remove();
});

/** One request in ten goes wrong, each in another way. */
const faults: readonly Fault[] = [
  { kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502 },
  { kind: 'slow', milliseconds: 800 },
  { kind: 'cut', when: 'before' },
  { kind: 'cut', when: 'after' },
  { kind: 'stall' },
];

test('three processes write through a host that fails in every way while an operator pushes: nothing is lost, nothing done twice', { timeout: 240_000 }, async () => {
  const { directory, folder } = fixture;
  const [pushed = '', ...tenants] = fixture.state.tenantIds;
  const path = `${tenantDirectory(pushed)}/environments/dev/apps/orders.yaml`;
  const remote = { url: `${host.url}/state.git`, token, deadlineMilliseconds: 8_000, stallMilliseconds: 2_000 };
  let pushes = '';
  const report = await runReplicas({
    engines: [0, 1, 2].map((index) => ({ directory: join(folder, `mirror-${index}.git`), remote, pollMilliseconds: 1_000 })),
    tenants,
    meanwhile: async () => {
      let requests = 0;
      host.fault = () => ((requests += 1) % 10 === 0 ? faults[(requests / 10) % faults.length] : undefined);
      const pusher = spawn(process.execPath, [join(import.meta.dirname, 'testing/pusher.child.ts'), directory, join(folder, 'clone'), path, 'PUSH', '2000'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const closed = once(pusher, 'close');
      pusher.stdout.on('data', (chunk: Buffer) => {
        pushes += chunk.toString();
      });
      await setTimeout(15_000);
      pusher.stdin.end();
      await closed;
    },
  });
  host.fault = () => undefined;
  expect(report.acknowledged.length).toBeGreaterThan(5);
  expect(pushes).not.toBe('');
  expect(report.complaints).not.toContain(token);
  // What is not acknowledged says how to go on.
  expect(report.refused.filter(({ code }) => !['remote_unavailable', 'outcome_unknown', 'overtaken'].includes(code))).toEqual([]);
  const engine = await openEngine({ directory: join(folder, 'mirror-0.git'), remote, signingKey: key.private, authorize: () => {}, now: () => new Date() });
  try {
    await checkHistory(engine, (args) => fixture.git(args), report);
    const history = new Set(fixture.git(['rev-list', '--first-parent', 'main']).split('\n'));
    expect(pushes.trim().split('\n').filter((line) => !history.has(line.split(' ')[0] ?? ''))).toEqual([]);
    expect(fixture.git(['for-each-ref', '--format=%(refname:short) %(tree)', 'refs/heads/cells'])).toBe(await cellsMadeAgain(fixture));
  } finally {
    await engine.close();
  }
  expect(fixture.git(['fsck', '--strict', '--no-dangling'])).toBe('');
});
