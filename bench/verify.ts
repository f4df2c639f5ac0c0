import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateStateKey, initRepository, openEngine, readStateKey, verifyRepository } from '../engine/index.ts';
import { refusalUnder } from '../workflows/requests/policy.ts';
import { memoryOf } from './commit/measure.ts';
import { Report } from './report.ts';
import { generateState } from './state.ts';

// node bench/verify.ts --tenants 10000 --commits 1000: `cameleer audit verify` of a state that an engine wrote. Writes
// bench/results/verify-<tenants>.txt.

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '10000' }, commits: { type: 'string', default: '1000' } } });
const key = generateStateKey(Buffer.alloc(32, 9));

async function main(tenants: number, commits: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-bench-'));
  const directory = join(folder, 'state.git');
  const state = await generateState(tenants);
  const report = new Report(`node bench/verify.ts --tenants ${tenants} --commits ${commits}`);
  const files = new Map([...state.platform, ...state.tenantIds.flatMap((id) => [...state.tenant(id)])]);
  await initRepository({ directory, files, change: { action: 'platform.seed', actor: 'usr_op3rat0r00000001', door: 'platform', requestId: 'seed', subject: 'Seed' }, signingKey: key.private, now: new Date() });
  const engine = await openEngine({ directory, signingKey: key.private, authorize: () => {}, now: () => new Date() });
  for (let turn = 0; turn < commits; turn += 32) {
    await Promise.all(Array.from({ length: Math.min(32, commits - turn) }, (_, index) => {
      const number = turn + index;
      const tenant = state.tenantIds[(number * 7919) % tenants]!;
      return engine.write({
        change: { action: 'app.configure', actor: 'usr_op3rat0r00000001', door: 'api', requestId: `bench-${number}`, tenant, environment: 'dev', application: 'orders', subject: `Configure ${tenant}/orders` },
        apply: (draft) => draft.edit({ kind: 'AppDeployment', tenant, environment: 'dev', name: 'orders' }, (document) => document.setIn(['spec', 'env', 'BENCH'], String(number))),
      });
    }));
  }
  await engine.close();
  const since = performance.now();
  let first = 0;
  const found = await verifyRepository({
    directory, keys: [readStateKey(key.private).publicBytes], refusalUnder,
    onProgress: (done) => {
      if (done === 1) first = performance.now();
    },
  });
  const end = performance.now();
  const { commits: of, rendered } = found.counts;
  report.line(found.ok ? 'passes' : 'FAILS', `${of} commits of main and ${rendered} of cells in ${((end - since) / 1000).toFixed(1)} s`);
  report.line('  the first state, rendered and compared', `${((first - since) / 1000).toFixed(1)} s, ${tenants} tenants`);
  report.line('  each commit after it', `${((end - first) / Math.max(1, of - 1)).toFixed(1)} ms`);
  report.line('  memory', memoryOf(process.pid));
  for (const { code, message } of found.findings) report.line(code, message);
  await report.save(`verify-${tenants}.txt`);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

await main(Number(values.tenants), Number(values.commits));
