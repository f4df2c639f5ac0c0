import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateStateKey, initRepository, openEngine, readStateKey, verifyRepository } from '../engine/index.ts';
import { refusalUnder } from '../workflows/requests/policy.ts';
import { generateState } from './state.ts';

// node bench/verify.ts --tenants 10000 --commits 1000: `cameleer audit verify` of a state that an engine wrote.

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '10000' }, commits: { type: 'string', default: '1000' } } });
const key = generateStateKey(Buffer.alloc(32, 9));

async function main(tenants: number, commits: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-bench-'));
  const directory = join(folder, 'state.git');
  const state = await generateState(tenants);
  console.log(`node bench/verify.ts --tenants ${tenants} --commits ${commits}: Node ${process.version}, ${availableParallelism()} cores, load of the machine before ${loadavg()[0]!.toFixed(1)}, ${new Date().toISOString()}`);
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
  console.log(`${found.ok ? 'passes' : 'FAILS'}: ${of} commits of main and ${rendered} of cells in ${((end - since) / 1000).toFixed(1)} s: ${((first - since) / 1000).toFixed(1)} s until the first state of ${tenants} tenants is rendered and compared, then ${((end - first) / Math.max(1, of - 1)).toFixed(1)} ms a commit, RSS ${Math.round(process.memoryUsage().rss / 1024 / 1024)} MB`);
  for (const { code, message } of found.findings) console.log(`${code}: ${message}`);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

await main(Number(values.tenants), Number(values.commits));
