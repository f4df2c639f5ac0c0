// `node e2e/proof/lost-updates.ts --seconds 60`: three control planes on one state repository and one PostgreSQL, 64 writers over
// HTTP and 8 operators who push with stock git, on 50 objects and on one that all of them change.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../tools/postgres.ts';
import { judge, type Verdict } from './judge.ts';
import { startReplicas } from './planes.ts';
import { push } from './pushers.ts';
import { write, type Attempt, type Door } from './writers.ts';

const tenant = 'initech';
const contended = 'contended';
const planes = 3;
const objects = Array.from({ length: 50 }, (_, index) => `team-${String(index).padStart(2, '0')}`);

export interface Load {
  readonly seconds: number;
  readonly writers: number;
  readonly pushers: number;
}

export interface Run {
  readonly verdict: Verdict;
  readonly attempts: readonly Attempt[];
  readonly seconds: number;
  /** Of the control planes. */
  readonly complaints: string;
  /** What `git fsck --strict` says. */
  readonly damage: string;
}

export async function lostUpdates({ seconds, writers, pushers }: Load): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-proof-'));
  const postgres = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-proof-pg-')));
  const repository = join(folder, 'plane-0/state.git');
  try {
    const replicas = await startReplicas(folder, planes, postgres.url);
    const [first] = replicas;
    if (first === undefined) throw new TypeError('There is no control plane.');
    for (const object of [...objects, contended]) await createTeam(first, object);
    const began = performance.now();
    const until = () => performance.now() - began > seconds * 1000;
    const pushing = { address: repository, folder, pathOf, objects, contended, until };
    const writing = { doors: replicas, tenant, objects, contended, until };
    const attempts = (await Promise.all([
      ...Array.from({ length: writers }, (_, writer) => write(writing, writer)),
      ...Array.from({ length: pushers }, (_, pusher) => push(pushing, pusher)),
    ])).flat();
    const took = (performance.now() - began) / 1000;
    for (const replica of replicas) await replica.stop();
    const verdict = judge(repository, new Map([...objects, contended].map((object) => [pathOf(object), object])), attempts);
    return { verdict, attempts, seconds: took, complaints: replicas.map((replica) => replica.complaints()).join(''), damage: fsck(repository) };
  } finally {
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

/** Reason → how often. */
function reasons(attempts: readonly Attempt[]): string {
  const counts = Map.groupBy(attempts, ({ outcome, reason }) => `${outcome}: ${reason}`);
  return [...counts].sort(([, a], [, b]) => b.length - a.length).map(([reason, found]) => `  ${String(found.length).padStart(6)}  ${reason}`).join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, writers: { type: 'string', default: '64' }, pushers: { type: 'string', default: '8' } } });
  const run = await lostUpdates({ seconds: Number(values.seconds), writers: Number(values.writers), pushers: Number(values.pushers) });
  const { acknowledged, refused, unknown, unknownDone, faults } = run.verdict;
  console.log(`node e2e/proof/lost-updates.ts --seconds ${values.seconds}: ${planes} control planes, ${values.writers} writers, ${values.pushers} pushers, ${objects.length} objects and one that all change`);
  console.log(`${acknowledged} acknowledged (${(acknowledged / run.seconds).toFixed(0)}/s), ${refused} refused, ${unknown} without an answer, of which ${unknownDone} were done`);
  console.log(reasons(run.attempts));
  console.log(faults.length === 0 && run.damage === '' ? 'nothing lost, nothing done twice, nothing done that was refused, nothing written over unread; git fsck --strict is clean' : `FAULTS\n${[...faults, run.damage].join('\n')}`);
  if (faults.length > 0 || run.damage !== '') process.exitCode = 1;
}
