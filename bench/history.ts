import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRepository, ObjectStore } from '../engine/git/index.ts';
import { HistoryIndex } from '../engine/history/history-index.ts';
import { HistoryThread } from '../engine/history/history-thread.ts';
import { entryFor } from '../engine/history/history.ts';
import type { HistoryFilter } from '../engine/index.ts';
import { tenantDirectory } from '../schemas/index.ts';
import { memoryOf, quantile } from './commit/measure.ts';
import { Report } from './report.ts';
import { generateState } from './state.ts';
import type { GeneratedState } from './state.ts';

// node bench/history.ts --commits 100000 --tenants 10000: the first page of each kind of question, beside `git log -- path`.
// Asked about the tenants that people change most. Writes bench/results/history-<commits>.txt.

const { values } = parseArgs({ options: { commits: { type: 'string', default: '100000' }, tenants: { type: 'string', default: '10000' }, runs: { type: 'string', default: '100' } } });
const page = 50;
const people = Array.from({ length: 200 }, (_, index) => `usr_${String(index).padStart(16, 'p')}`);
const actions = ['app.deploy', 'app.configure', 'app.promote', 'app.revert', 'member.update'];
const start = 1_700_000_000;

/** The first of all tenants: so many of them make nine tenths of the changes. */
function busy(tenants: number): number {
  return Math.ceil(tenants / 10);
}

/** A repeatable sequence of numbers below 2^31. */
function numbers(): () => number {
  let seed = 42;
  return () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff);
}

function* stream(state: GeneratedState, commits: number): Generator<string> {
  const next = numbers();
  const pick = <T>(list: readonly T[]): T => list[(next() >> 8) % list.length]!;
  const head = (mark: number, message: string) => {
    const person = pick(people);
    return `commit refs/heads/main\nmark :${mark}\nauthor ${person} <${person}@users.noreply.cameleer.io> ${start + mark * 60} +0000\ncommitter Cameleer <platform@noreply.cameleer.io> ${start + mark * 60} +0000\ndata ${Buffer.byteLength(message)}\n${message}\n`;
  };
  const file = (path: string, text: string) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  yield head(1, 'Seed\n');
  for (const [path, text] of state.platform) yield file(path, text);
  for (const id of state.tenantIds) for (const [path, text] of state.tenant(id)) yield file(path, text);
  for (let mark = 2; mark <= commits; mark += 1) {
    // Every hundredth change is of ten tenants at once.
    const tenants = Array.from({ length: mark % 100 === 0 ? 10 : 1 }, () => state.tenantIds[(next() >> 8) % (mark % 10 === 0 ? state.tenantIds.length : busy(state.tenantIds.length))]!);
    const [environment, application] = [pick(['dev', 'prod']), pick(['orders', 'billing'])];
    yield head(mark, `Change ${mark}\n\nCameleer-Action: ${pick(actions)}\nCameleer-Tenant: ${tenants[0]!}\nRequest-Id: r${mark}\n`);
    for (const tenant of tenants) yield file(`${tenantDirectory(tenant)}/environments/${environment}/apps/${application}.yaml`, `spec:\n  release: v${mark}\n`);
  }
  yield 'done\n';
}

async function importAll(directory: string, state: GeneratedState, commits: number): Promise<void> {
  const child = spawn('git', ['-C', directory, 'fast-import', '--quiet', '--done', '--max-pack-size=4g'], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (const chunk of stream(state, commits)) if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
  child.stdin.end();
  await once(child, 'close');
}

/** With how many commits a page has, where there are pages: the median. */
async function timed(runs: number, work: (run: number) => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  const sizes: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const since = performance.now();
    const answer = await work(run);
    times.push(performance.now() - since);
    if (Array.isArray(answer)) sizes.push(answer.length);
  }
  const said = sizes.length === 0 ? '' : `, ${quantile(sizes, 0.5)} commits`;
  return `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms${said}`;
}

/** Of an index, with what has not got into its file yet. */
async function megabytesOf(index: string): Promise<number> {
  const sizes = await Promise.all([index, `${index}-wal`].map((file) => stat(file).then(({ size }) => size, () => 0)));
  return Math.round((sizes[0]! + sizes[1]!) / 1024 / 1024);
}

async function main(commits: number, tenants: number, runs: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-bench-'));
  const directory = join(folder, 'state.git');
  const report = new Report(`node bench/history.ts --commits ${commits} --tenants ${tenants}`);
  await createRepository(directory);
  const state = await generateState(tenants);
  await importAll(directory, state, commits);
  const head = execFileSync('git', ['-C', directory, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
  const index = new HistoryIndex(directory, { isPlatforms: () => Promise.resolve(true), now: () => new Date(), thread: new HistoryThread(directory, () => []), patienceMilliseconds: 600_000 });
  let stalled = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    stalled = Math.max(stalled, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const since = performance.now();
  await index.at(head, new Date());
  clearInterval(beat);
  report.line('index made from nothing', `${((performance.now() - since) / 1000).toFixed(1)} s, ${await megabytesOf(join(directory, 'cameleer-history.sqlite'))} MB, others waited at most ${stalled.toFixed(0)} ms, ${memoryOf(process.pid)}`);
  const objects = new ObjectStore(directory);
  const tenant = (run: number) => state.tenantIds[(run * 7919) % busy(tenants)]!;
  const time = (part: number) => new Date((start + commits * 60 * part) * 1000);
  const questions: readonly (readonly [string, (run: number) => HistoryFilter])[] = [
    ['everything', () => ({})],
    ['a tenant', (run) => ({ tenant: tenant(run) })],
    ['an environment', (run) => ({ tenant: tenant(run), environment: 'prod' })],
    ['an application', (run) => ({ tenant: tenant(run), application: 'orders' })],
    ['an object', (run) => ({ ref: { kind: 'AppDeployment', tenant: tenant(run), environment: 'prod', name: 'orders' } })],
    ['a person', (run) => ({ actor: people[run % people.length]! })],
    ['an action', (run) => ({ action: actions[run % actions.length]! })],
    ['a time range', (run) => ({ from: time(0.2), to: time(0.3 + run / 1000) })],
    ['a tenant, a person and a time range', (run) => ({ tenant: tenant(run), actor: people[run % people.length]!, from: time(0.1), to: time(0.9) })],
    ['a person and an action', (run) => ({ actor: people[run % people.length]!, action: actions[run % actions.length]! })],
  ];
  const ask = async (filter: HistoryFilter) => Promise.all((await index.find(head, filter, { limit: page })).map(async (id) => entryFor({ objects, trusted: [] }, await objects.commit(id))));
  for (const [name, filter] of questions) report.line(name, await timed(runs, (run) => ask(filter(run))));
  report.line('the state as of a time', await timed(runs, (run) => index.at(head, time(run / runs))));
  const paths = (run: number) => `${tenantDirectory(tenant(run))}/environments/prod/apps/orders.yaml`;
  const log = (path: string) => Promise.resolve(execFileSync('git', ['-C', directory, 'log', '--first-parent', `--max-count=${page}`, '--format=%H', 'main', '--', path]));
  report.line('an object, git log -- path', await timed(3, (run) => log(paths(run))));
  execFileSync('git', ['-C', directory, 'commit-graph', 'write', '--reachable', '--changed-paths'], { stdio: 'ignore' });
  report.line('the same with a commit-graph of paths', await timed(5, (run) => log(paths(run))));
  report.line('a tenant, git log -- path, the same graph', await timed(5, (run) => log(tenantDirectory(tenant(run)))));
  await report.save(`history-${commits}.txt`);
  objects.close();
  await index.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

await main(Number(values.commits), Number(values.tenants), Number(values.runs));
