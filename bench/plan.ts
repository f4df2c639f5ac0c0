import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createRepository, openRepository } from '../engine/git/index.ts';
import { generateStateKey, openEngine } from '../engine/index.ts';
import type { Engine, Intent, Plan } from '../engine/index.ts';
import { quantile } from './commit/measure.ts';
import { Report } from './report.ts';
import { seedRepository } from './seed-repository.ts';
import { generateState } from './state.ts';

// `node bench/plan.ts 100 1000 10000`: the plan of a change of one tenant, which must not grow with the others, and of
// a change of all (the registry of a cell: every image of every tenant). Writes bench/results/plan.txt. `--keep FOLDER` keeps the
// repositories there, and takes them from there the next time.

const { values, positionals } = parseArgs({ options: { keep: { type: 'string' } }, allowPositionals: true });
const sizes = positionals.length === 0 ? [100, 1000, 10_000] : positionals.map(Number);
const key = generateStateKey(Buffer.alloc(32, 9));
const runs = 100;
const oneTarget = 100;
const allTarget = 30;
const report = new Report(`node bench/plan.ts ${sizes.join(' ')}`);
let requests = 0;
let missed = false;

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

async function peakMegabytes(): Promise<number> {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) / 1024);
}

function change(apply: Intent['apply']): Intent {
  requests += 1;
  return { change: { action: 'bench.plan', actor: 'usr_op3rat0r00000001', door: 'platform', requestId: `bench-plan-${process.pid}-${requests}`, subject: 'Plan' }, apply };
}

function oneTenant(tenant: string): Intent {
  return change((draft) => draft.edit({ kind: 'AppDeployment', tenant, environment: 'dev', name: 'orders' }, (document) => document.setIn(['spec', 'env', 'BENCH'], `value-${requests}`)));
}

const allTenants = change((draft) => draft.edit({ kind: 'Cell', name: 'local' }, (document) => document.setIn(['spec', 'registry'], 'registry.other/cameleer')));

type Counting = Engine & { readonly reads: Readonly<Record<'blob' | 'tree' | 'commit' | 'tag', number>> };

async function openAt(directory: string, tenants: number): Promise<Counting> {
  const options = { directory, signingKey: key.private, authorize: () => {}, now: () => new Date() };
  const known = await readFile(join(directory, 'HEAD')).catch(() => undefined);
  if (known === undefined) {
    await mkdir(join(directory, '..'), { recursive: true });
    await createRepository(directory);
    const repository = await openRepository(directory, new Date());
    await seedRepository(repository, await generateState(tenants));
    await repository.close();
    // The first start validates and renders everything; the bench begins on a warm repository and a cold engine.
    await (await openEngine(options)).close();
  }
  return (await openEngine(options)) as Counting;
}

/** Tenants spread over all, none twice: nothing of theirs is in a cache. */
function spread(ids: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => ids[Math.floor((index * ids.length) / count)] ?? '');
}

async function planOne(engine: Counting): Promise<void> {
  const ids = spread(engine.tenantIds(), runs);
  const before = { ...engine.reads };
  const previews: number[] = [];
  for (const id of ids) previews.push((await timed(() => engine.preview(oneTenant(id)))).ms);
  const read = (['blob', 'tree'] as const).map((type) => `${((engine.reads[type] - before[type]) / runs).toFixed(1)} ${type}s`).join(', ');
  const { base, commit } = await engine.write(oneTenant(ids[0] ?? ''));
  const between: number[] = [];
  for (let index = 0; index < 20; index += 1) between.push((await timed(() => engine.plan(base, commit))).ms);
  const p99 = quantile(previews, 0.99);
  missed ||= p99 > oneTarget;
  report.line('  one tenant, dry run', `p50 ${quantile(previews, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (target < ${oneTarget} ms), ${read} read each`);
  report.line('  one tenant, between commits', `p50 ${quantile(between, 0.5).toFixed(1)} ms, p99 ${quantile(between, 0.99).toFixed(1)} ms`);
}

function numbers({ summary, hash, next }: Plan): string {
  return `${summary.tenants} tenants, ${summary.workloads.restarted} workloads restarted, ${summary.rendered.modified} files rendered, next page ${next ?? 'none'}, hash ${hash.slice(0, 12)}`;
}

async function planAll(engine: Counting): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const idle = await peakMegabytes();
  const cpu = process.cpuUsage();
  delay.enable();
  const whole = await timed(() => engine.preview(allTenants));
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  missed ||= whole.ms > allTarget * 1000;
  report.line('  all tenants, dry run', `${(whole.ms / 1000).toFixed(1)} s (target < ${allTarget} s), ${((user + system) / 1e6).toFixed(1)} s of processor: ${numbers(whole.result)}`);
  report.line('  longest block of the event loop', `${(delay.max / 1e6).toFixed(0)} ms (p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms)`);
  report.line('  memory', `peak ${await peakMegabytes()} MB, ${idle} MB before the plan`);
  const page = await timed(() => engine.preview(allTenants, { ...(whole.result.next !== undefined && { after: whole.result.next }) }));
  report.line('  its next page', `${page.ms.toFixed(0)} ms, the same hash: ${page.result.hash === whole.result.hash ? 'yes' : 'NO'}`);
  missed ||= page.result.hash !== whole.result.hash;
}

const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'cameleer-plan-bench-')));
try {
  for (const tenants of sizes) {
    const engine = await openAt(join(folder, `state-${tenants}.git`), tenants);
    try {
      report.line(`${tenants} tenants x 20 objects`, '');
      await planOne(engine);
      await planAll(engine);
    } finally {
      await engine.close();
    }
  }
} finally {
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
}
await report.save('plan.txt');
process.exitCode = missed ? 1 : 0;
