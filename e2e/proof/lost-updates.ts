// `node e2e/proof/lost-updates.ts --seconds 60`: three control planes on one state repository and one PostgreSQL, 64 writers over
// HTTP and 8 operators who push with stock git, on 50 objects and on one that all of them change. With `--hosted` the state is at
// a Git host that rejects, stalls and breaks connections.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../tools/postgres.ts';
import { judge, type Verdict } from './judge.ts';
import { startReplica, type Replica, type Shared } from './planes.ts';
import { push } from './pushers.ts';
import { startStateHost, type StateHost } from './state-host.ts';
import { write, type Attempt, type Door } from './writers.ts';

const tenant = 'initech';
const contended = 'contended';
const planes = 3;
const random = mulberry(1);
const objects = Array.from({ length: 50 }, (_, index) => `team-${String(index).padStart(2, '0')}`);

export interface Load {
  readonly seconds: number;
  readonly writers: number;
  readonly pushers: number;
  readonly hosted: boolean;
}

export interface Run {
  readonly verdict: Verdict;
  readonly attempts: readonly Attempt[];
  /** Of the host, by how. */
  readonly mischief: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** Of the control planes. */
  readonly complaints: string;
  /** What `git fsck --strict` says. */
  readonly damage: string;
}

export async function lostUpdates({ seconds, writers, pushers, hosted }: Load): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-proof-'));
  const postgres = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-proof-pg-')));
  const own = join(folder, 'state.git');
  const shared: Shared = { folder, databaseUrl: postgres.url, environment: { CAMELEER_STATE_REPOSITORY: own } };
  const running: { replicas: Replica[]; host?: StateHost } = { replicas: [] };
  try {
    const first = await startReplica(shared, 'plane-0');
    running.replicas.push(first);
    for (const object of [...objects, contended]) await createTeam(first, object);
    let place: Shared = shared;
    if (hosted) {
      await running.replicas.pop()?.stop();
      running.host = await startStateHost(folder, own, random);
      place = { ...shared, environment: running.host.environment };
    }
    const repository = running.host?.repository ?? own;
    while (running.replicas.length < planes) running.replicas.push(await startReplica(place, `plane-${hosted ? 'hosted-' : ''}${running.replicas.length}`));
    const began = performance.now();
    const until = () => performance.now() - began > seconds * 1000;
    const pushing = { address: repository, folder, pathOf, objects, contended, until };
    const writing = { doors: running.replicas, tenant, objects, contended, until };
    const attempts = (await Promise.all([
      ...Array.from({ length: writers }, (_, writer) => write(writing, writer)),
      ...Array.from({ length: pushers }, (_, pusher) => push(pushing, pusher)),
    ])).flat();
    const took = (performance.now() - began) / 1000;
    for (const replica of running.replicas) await replica.stop();
    const verdict = judge(repository, new Map([...objects, contended].map((object) => [pathOf(object), object])), attempts);
    return { verdict, attempts, mischief: running.host?.faults ?? new Map(), seconds: took, complaints: running.replicas.map((replica) => replica.complaints()).join(''), damage: fsck(repository) };
  } finally {
    for (const replica of running.replicas) await replica.stop();
    await running.host?.close();
    postgres.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function pathOf(object: string): string {
  return `tenants/in/${tenant}/teams/${object}.yaml`;
}

async function createTeam({ url, token }: Door, name: string): Promise<void> {
  const team = { apiVersion: 'cameleer.io/v1', kind: 'Team', metadata: { name }, spec: { displayName: name, description: 'none' } };
  const response = await fetch(`${url}/api/v1/tenants/${tenant}/teams/${name}`, {
    method: 'PUT', body: JSON.stringify(team), headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-none-match': '*' },
  });
  if (!response.ok) throw new Error(`${name} was not created: ${response.status} ${await response.text()}`);
}

function fsck(repository: string): string {
  return execFileSync('git', ['-C', repository, 'fsck', '--strict', '--no-dangling', '--no-progress'], { encoding: 'utf8' }).trim();
}

/** The same mischief in each run (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Reason → how often. */
function reasons(attempts: readonly Attempt[]): string {
  const counts = Map.groupBy(attempts, ({ outcome, reason }) => `${outcome}: ${reason}`);
  return [...counts].sort(([, a], [, b]) => b.length - a.length).map(([reason, found]) => `  ${String(found.length).padStart(6)}  ${reason}`).join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, writers: { type: 'string', default: '64' }, pushers: { type: 'string', default: '8' }, hosted: { type: 'boolean', default: false } } });
  const run = await lostUpdates({ seconds: Number(values.seconds), writers: Number(values.writers), pushers: Number(values.pushers), hosted: values.hosted });
  const { acknowledged, refused, unknown, unknownDone, faults } = run.verdict;
  console.log(`node e2e/proof/lost-updates.ts --seconds ${values.seconds}${values.hosted ? ' --hosted' : ''}: ${planes} control planes, ${values.writers} writers, ${values.pushers} pushers, ${objects.length} objects and one that all change`);
  console.log(`${acknowledged} acknowledged (${(acknowledged / run.seconds).toFixed(0)}/s), ${refused} refused, ${unknown} without an answer, of which ${unknownDone} were done`);
  console.log(reasons(run.attempts));
  if (run.mischief.size > 0) console.log(`the host: ${[...run.mischief].map(([how, count]) => `${how} ${count}`).join(', ')}`);
  console.log(faults.length === 0 && run.damage === '' ? 'nothing lost, nothing done twice, nothing done that was refused, nothing written over unread; git fsck --strict is clean' : `FAULTS\n${[...faults, run.damage].join('\n')}`);
  if (faults.length > 0 || run.damage !== '') process.exitCode = 1;
}
