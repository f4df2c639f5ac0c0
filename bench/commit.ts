import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simpleGit } from 'simple-git';
import { generateStateKey, openEngine } from '../engine/index.ts';
import type { Engine, EngineOptions, Intent } from '../engine/index.ts';
import { createRepository, openRepository } from '../engine/git/index.ts';
import { tenantDirectory } from '../schemas/index.ts';
import type { ObjectRef } from '../schemas/index.ts';
import { seedRepository } from './seed-repository.ts';
import { generateState } from './state.ts';

// node bench/commit.ts --tenants 1000: latency and throughput of durable commits, cold start, memory and plan, beside a
// worktree flow with simple-git on the same repository. The first start validates and renders everything.

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '1000' }, keep: { type: 'string' }, reopen: { type: 'string' } } });
const key = generateStateKey(Buffer.alloc(32, 9));

function options(directory: string): EngineOptions {
  return { directory, signingKey: key.private, authorize: () => {}, now: () => new Date() };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function summary(times: number[]): string {
  times.sort((a, b) => a - b);
  return `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, max ${times.at(-1)?.toFixed(1)} ms (${times.length} runs)`;
}

function line(name: string, text: string): void {
  console.log(`${name.padEnd(34)} ${text}`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

function cpu(since: NodeJS.CpuUsage, commits: number): string {
  const { user, system } = process.cpuUsage(since);
  return `${((user + system) / 1000 / commits).toFixed(1)} ms of processor a commit`;
}

function memory(pid: number | 'self'): Promise<string> {
  return readFile(`/proc/${pid}/status`, 'utf8').then((text) => `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024)} MB (peak ${Math.round(Number(/VmHWM:\s+(\d+)/.exec(text)?.[1]) / 1024)} MB)`);
}

let requests = 0;

function deploymentOf(tenant: string): ObjectRef<'AppDeployment'> {
  return { kind: 'AppDeployment', tenant, environment: 'dev', name: 'orders' };
}

function change(tenant: string): Intent {
  requests += 1;
  const value = `value-${requests}`;
  const ref = deploymentOf(tenant);
  return {
    change: { action: 'app.configure', actor: 'usr_op3rat0r00000001', door: 'api', requestId: `bench-${process.pid}-${requests}`, tenant, environment: 'dev', application: 'orders', subject: `Configure ${tenant}/orders` },
    apply: (draft) => draft.edit(ref, (document) => document.setIn(['spec', 'env', 'BENCH'], value)),
  };
}

/** Spread over all tenants, as people are. */
function pick(ids: readonly string[], turn: number): string {
  return ids[(turn * 7919) % ids.length] ?? '';
}

async function singleWriter(engine: Engine, ids: readonly string[], count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn += 1) times.push((await timed(() => engine.write(change(pick(ids, turn))))).ms);
  return times;
}

async function manyWriters(engine: Engine, ids: readonly string[], writers: number, each: number): Promise<{ readonly perSecond: number; readonly times: number[] }> {
  const times: number[] = [];
  const writer = async (number: number) => {
    for (let turn = 0; turn < each; turn += 1) times.push((await timed(() => engine.write(change(pick(ids, number * each + turn + 17))))).ms);
  };
  const { ms } = await timed(() => Promise.all(Array.from({ length: writers }, (_, number) => writer(number))));
  return { perSecond: (writers * each * 1000) / ms, times };
}

/** What most products do: a clone with a work tree, `git add`, `git commit`, `git push` by simple-git. */
async function worktreeFlow(directory: string, folder: string, ids: readonly string[], count: number): Promise<number[]> {
  const clone = join(folder, 'worktree');
  await simpleGit().clone(directory, clone, ['--quiet', '--branch', 'main']);
  const git = simpleGit(clone).addConfig('user.name', 'bench', false).addConfig('user.email', 'bench@acme.example', false).addConfig('gc.auto', '0', false);
  const times: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const path = `${tenantDirectory(pick(ids, turn))}/environments/dev/apps/orders.yaml`;
    const start = performance.now();
    await writeFile(join(clone, path), (await readFile(join(clone, path), 'utf8')).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: w${turn}`));
    await git.add(path);
    await git.commit(`Configure ${turn}`);
    await git.push('origin', 'HEAD:refs/heads/bench-worktree');
    times.push(performance.now() - start);
  }
  return times;
}

async function coldStart(directory: string): Promise<string> {
  const child = spawn(process.execPath, [import.meta.filename, '--reopen', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => {
    child.once('close', resolve);
  });
  return output.trim();
}

async function reopen(directory: string): Promise<void> {
  const { result: engine, ms } = await timed(() => openEngine(options(directory)));
  console.log(`${(ms / 1000).toFixed(2)} s to ready, ${engine.tenantIds().length} tenants, RSS ${await memory(process.pid)}`);
  await engine.close();
}

async function main(tenants: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-bench-'));
  const directory = join(folder, 'state.git');
  const state = await generateState(tenants);
  const ids = state.tenantIds;
  console.log(`node bench/commit.ts --tenants ${tenants}: ${tenants} tenants x 20 objects, Node ${process.version}, ${availableParallelism()} cores, load of the machine before ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString()}`);
  await createRepository(directory);
  const repository = await openRepository(directory, new Date());
  await seedRepository(repository, state);
  await repository.close();
  const first = await timed(() => openEngine(options(directory)));
  let engine = first.result;
  line('first start, all validated', `${(first.ms / 1000).toFixed(1)} s, all rendered, ${engine.head().quarantines.size} quarantined, RSS ${await memory('self')}`);
  for (const { tenant, problems } of engine.head().quarantines.values()) line('  quarantined', `${tenant}: ${problems.map((problem) => `${problem.code} ${problem.path}`).join(', ')}`);
  await engine.close();
  line('cold start, new process', await coldStart(directory));
  engine = await openEngine(options(directory));
  await singleWriter(engine, ids, 100);
  const before = process.cpuUsage();
  const single = await singleWriter(engine, ids, 500);
  line('commit, one writer', `${summary(single)}, ${cpu(before, 500)}`);
  const beforeMany = process.cpuUsage();
  const many = await manyWriters(engine, ids, 64, 30);
  line('commit, 64 writers', `${many.perSecond.toFixed(0)} commits/s; each ${summary(many.times)}, ${cpu(beforeMany, 64 * 30)}`);
  const base = engine.head().commit;
  const { commit } = await engine.write(change(pick(ids, 3)));
  line('plan of a one-tenant change', `${(await timed(() => engine.plan(base, commit))).ms.toFixed(1)} ms`);
  await engine.close();
  line('cold start after these commits', await coldStart(directory));
  const worktree = await worktreeFlow(directory, folder, ids, 20);
  line('worktree flow with simple-git', summary(worktree));
  worktree.sort((a, b) => a - b);
  single.sort((a, b) => a - b);
  const perSecond = 1000 / (worktree.reduce((sum, ms) => sum + ms, 0) / worktree.length);
  line('ratio', `${(quantile(worktree, 0.5) / quantile(single, 0.5)).toFixed(1)}x in latency, ${(many.perSecond / perSecond).toFixed(1)}x in commits/s`);
  line('repository', `${execFileSync('du', ['-sh', directory], { encoding: 'utf8' }).split('\t')[0] ?? ''}, RSS at the end ${await memory('self')}`);
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

if (values.reopen === undefined) await main(Number(values.tenants));
else await reopen(values.reopen);
