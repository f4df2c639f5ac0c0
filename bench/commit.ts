import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../engine/index.ts';
import type { Engine, EngineOptions, Intent } from '../engine/index.ts';
import { upkeep } from '../engine/git/index.ts';
import type { ObjectRef } from '../schemas/index.ts';
import { openKeys } from '../workflows/index.ts';
import { startPostgres } from '../tools/postgres.ts';
import { startApi } from './commit/api.ts';
import { makeDataDirectory, operator } from './commit/data-directory.ts';
import type { DataDirectory } from './commit/data-directory.ts';
import { memoryOf, processorOf, quantile, summary, writeAll } from './commit/measure.ts';
import type { Timed } from './commit/measure.ts';
import { cloneForRivals } from './commit/rivals.ts';
import { generateState } from './state.ts';

// `node bench/commit.ts --tenants 1000`: durable commits through the HTTP API (the control plane in a process of its own, with
// PGlite and with PostgreSQL) and through the engine alone, beside two ways to commit in a work tree of the same repository;
// first start, cold start, memory, plan, growth of the repository. Writes bench/results/commit-<tenants>.txt.
// `--turns`: writes of one writer; `--each`: writes of each of the 64; `--rivals`: commits of each rival; `--keep`: the folder.

const { values } = parseArgs({ options: {
  tenants: { type: 'string', default: '1000' }, turns: { type: 'string', default: '500' }, each: { type: 'string', default: '30' }, rivals: { type: 'string' },
  keep: { type: 'boolean', default: false }, reopen: { type: 'string' }, alone: { type: 'string' },
} });
const writers = 64;
/** A rival's time grows with the repository. */
const rivalBudget = 20_000;
const targets = { p50: 15, p99: 50, perSecond: 200, ratio: 20 };
const report: string[] = [];

function line(name: string, text: string): void {
  report.push(name === '' ? text : `${name.padEnd(34)} ${text}`);
  console.log(report.at(-1));
}

/** Spread over all tenants, as people are: each of them is cold. */
function picker(ids: readonly string[]): () => string {
  let turn = 0;
  return () => {
    turn += 7919;
    return ids[turn % ids.length] ?? '';
  };
}

type Write = (turn: number) => Promise<void>;

interface Measured {
  readonly single: Timed;
  readonly many: Timed;
}

async function measure(name: string, pid: number, write: Write): Promise<Measured> {
  const [turns, each] = [Number(values.turns), Number(values.each)];
  await writeAll(1, Math.min(100, turns), write);
  const start = processorOf(pid);
  const single = await writeAll(1, turns, write);
  const between = processorOf(pid);
  const many = await writeAll(writers, each, write);
  const end = processorOf(pid);
  const processor = (ms: number, { times }: Timed) => `${(ms / times.length).toFixed(1)} ms of processor a commit`;
  line(`${name}, one writer`, `${summary(single)}, ${processor(between - start, single)}`);
  line(`${name}, ${writers} writers`, `${many.perSecond.toFixed(0)} commits/s; each ${summary(many)}, ${processor(end - between, many)}`);
  return { single, many };
}

async function engineOptions(directory: string): Promise<EngineOptions> {
  const keys = await openKeys(join(directory, 'keys'));
  return { directory: join(directory, 'state.git'), signingKey: keys.state.private, authorize: () => {}, now: () => new Date() };
}

let requests = 0;

function change(tenant: string): Intent {
  requests += 1;
  const value = `value-${requests}`;
  const ref: ObjectRef<'AppDeployment'> = { kind: 'AppDeployment', tenant, environment: 'dev', name: 'orders' };
  return {
    change: { action: 'app.configure', actor: operator, door: 'api', requestId: `bench-${process.pid}-${requests}`, tenant, environment: 'dev', application: 'orders', subject: `Configure ${tenant}/orders` },
    apply: (draft) => draft.edit(ref, (document) => document.setIn(['spec', 'env', 'BENCH'], value)),
  };
}

async function open(directory: string): Promise<{ readonly engine: Engine; readonly seconds: string }> {
  const start = performance.now();
  const engine = await openEngine(await engineOptions(directory));
  return { engine, seconds: ((performance.now() - start) / 1000).toFixed(2) };
}

async function reopen(directory: string): Promise<void> {
  const { engine, seconds } = await open(directory);
  console.log(`${seconds} s to ready, ${engine.tenantIds().length} tenants, RSS ${memoryOf(process.pid)}`);
  await engine.close();
}

/** What this file prints with other arguments, in a process of its own: one that has just rendered everything is larger than any that is started again. */
async function apart(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [import.meta.filename, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const status = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}.`);
  return output.trim();
}

function coldStart(directory: string): Promise<string> {
  return apart('--reopen', directory);
}

/** Kilobytes of a repository's objects, when the upkeep has packed everything. */
async function sizeAfterUpkeep(stateRepository: string): Promise<number> {
  await upkeep(stateRepository, { now: new Date(), collect: true });
  const counts = execFileSync('git', ['--git-dir', stateRepository, 'count-objects', '-v'], { encoding: 'utf8' });
  return [...counts.matchAll(/^size(?:-pack)?: (\d+)$/gm)].reduce((sum, [, size]) => sum + Number(size), 0);
}

/** The first start also makes the index of the history, once in the life of a repository: writes beside it are measured by themselves. */
async function besideIndexing(engine: Engine, pick: () => string): Promise<string> {
  const indexed = engine.history({ limit: 1 }).then(() => true, () => false);
  const times: number[] = [];
  for (let done = false; !done; done = await Promise.race([indexed, Promise.resolve(false)])) {
    const start = performance.now();
    await engine.write(change(pick()));
    times.push(performance.now() - start);
  }
  if (!(await indexed)) throw new Error('The history was not indexed in time: measure again.');
  return summary({ times });
}

function commitsOn(stateRepository: string): number {
  return Number(execFileSync('git', ['--git-dir', stateRepository, 'rev-list', '--count', 'main'], { encoding: 'utf8' }));
}

async function engineAlone(directory: string): Promise<void> {
  const { engine } = await open(directory);
  const pick = picker(engine.tenantIds());
  line('engine alone, index being made', await besideIndexing(engine, pick));
  await measure('engine alone', process.pid, async () => {
    await engine.write(change(pick()));
  });
  const base = engine.head().commit;
  const { commit } = await engine.write(change(pick()));
  const start = performance.now();
  await engine.plan(base, commit);
  line('plan of a one-tenant change', `${(performance.now() - start).toFixed(1)} ms`);
  await engine.close();
  line('memory of the engine after these', memoryOf(process.pid));
}

async function throughApi(name: string, data: DataDirectory, pick: () => string, databaseUrl?: string): Promise<Measured> {
  const api = await startApi(data, databaseUrl);
  try {
    let turn = 0;
    const measured = await measure(`HTTP API, ${name}`, api.pid, () => api.configure(pick(), `http-${name}-${(turn += 1)}`));
    line('memory of the control plane', memoryOf(api.pid));
    return measured;
  } finally {
    await api.close();
  }
}

/** With its flushes, as in production. `undefined` where there is no server. */
async function throughApiOnPostgres(data: DataDirectory, pick: () => string): Promise<Measured | undefined> {
  const place = mkdtempSync(join(tmpdir(), 'cameleer-bench-postgres-'));
  let server: ReturnType<typeof startPostgres>;
  try {
    server = startPostgres(place, { durable: true });
  } catch (error) {
    rmSync(place, { recursive: true, force: true });
    line('HTTP API, PostgreSQL', `could not be started: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
    return undefined;
  }
  try {
    return await throughApi('PostgreSQL', data, pick, server.url);
  } finally {
    server.stop();
  }
}

function verdict(ledger: string, http: Measured, worktree: Timed): void {
  const p50 = quantile(http.single.times, 0.5);
  const p99 = quantile(http.single.times, 0.99);
  const ratio = quantile(worktree.times, 0.5) / p50;
  const told = (met: boolean) => (met ? 'met' : 'MISSED');
  line(`target through the API, ${ledger}`, `p50 < ${targets.p50} ms: ${told(p50 < targets.p50)}; p99 < ${targets.p99} ms: ${told(p99 < targets.p99)}; ≥ ${targets.perSecond} commits/s with ${writers} writers: ${told(http.many.perSecond >= targets.perSecond)}`);
  line(`simple-git / HTTP API, ${ledger}`, `${ratio.toFixed(1)}x in latency, ${(http.many.perSecond / worktree.perSecond).toFixed(1)}x in commits/s (target ≥ ${targets.ratio}x: ${told(ratio >= targets.ratio)})`);
}

async function main(tenants: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-bench-'));
  const state = await generateState(tenants);
  const pick = picker(state.tenantIds);
  line('', `node bench/commit.ts --tenants ${tenants}: ${tenants} tenants x 20 objects, Node ${process.version}, ${availableParallelism()} cores, load of the machine before ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString()}`);
  const data = await makeDataDirectory(join(folder, 'data'), state);
  const first = await open(data.directory);
  line('first start, all validated', `${first.seconds} s, all rendered, ${first.engine.head().quarantines.size} quarantined, RSS ${memoryOf(process.pid)}`);
  for (const { tenant, problems } of first.engine.head().quarantines.values()) line('  quarantined', `${tenant}: ${problems.map((problem) => `${problem.code} ${problem.path}`).join(', ')}`);
  await first.engine.close();
  line('cold start, new process', await coldStart(data.directory));
  const before = await sizeAfterUpkeep(data.stateRepository);
  const commitsBefore = commitsOn(data.stateRepository);
  line('', await apart('--alone', data.directory, '--turns', values.turns, '--each', values.each));
  const commits = commitsOn(data.stateRepository) - commitsBefore;
  const growth = (await sizeAfterUpkeep(data.stateRepository)) - before;
  line('growth of the repository', `${((growth * 1000) / commits / 1024).toFixed(1)} MiB per 1,000 commits after upkeep (from ${(before / 1024).toFixed(0)} MiB)`);
  line('cold start after these commits', await coldStart(data.directory));
  const http = await throughApi('PGlite', data, pick);
  const production = await throughApiOnPostgres(data, pick);
  const count = Number(values.rivals ?? Math.max(2, Math.min(20, Math.round(rivalBudget / tenants))));
  const rivals = await cloneForRivals(data.stateRepository, join(folder, 'worktree'), pick);
  const worktree = await rivals.simpleGit(count * 2);
  line('simple-git in a work tree', `${summary(worktree)}, ${worktree.perSecond.toFixed(1)} commits/s`);
  const isomorphic = await rivals.isomorphicGit(count);
  line('isomorphic-git add and commit', `${summary(isomorphic)}, ${isomorphic.perSecond.toFixed(2)} commits/s`);
  verdict('PGlite', http, worktree);
  if (production !== undefined) verdict('PostgreSQL', production, worktree);
  if (!values.keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `commit-${tenants}.txt`), `${report.join('\n')}\n`);
}

if (Number(values.tenants) < writers) throw new Error(`Take ${writers} tenants or more: two writers on one object would refuse each other.`);
if (values.reopen !== undefined) await reopen(values.reopen);
else if (values.alone !== undefined) await engineAlone(values.alone);
else await main(Number(values.tenants));
