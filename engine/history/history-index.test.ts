import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, integer, oneof, record, tuple } from 'fast-check';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRepository, EMPTY_TREE, ObjectStore, parseTrailers, treeDifference } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { stockGit } from '../testing/stock-git.ts';
import { HistoryIndex } from './history-index.ts';
import type { HistoryIndexOptions } from './history-index.ts';
import { HistoryStore } from './history-store.ts';
import { HistoryThread } from './history-thread.ts';
import type { HistoryFilter } from './types.ts';

let folder: string;
let directory: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cameleer-history-test-'));
  directory = join(folder, 'state.git');
  await createRepository(directory);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const deployment = (tenant: string, environment: string, application: string) => `tenants/${tenant.slice(0, 2)}/${tenant}/environments/${environment}/apps/${application}.yaml`;
const files = [
  'platform.yaml', 'tiers/mid.yaml', 'tenants/README.md',
  ...['acme', 'acorn', 'beta'].flatMap((tenant) => [
    `tenants/${tenant.slice(0, 2)}/${tenant}/tenant.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/apps/orders/app.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/apps/orders/releases/v1.yaml`,
    deployment(tenant, 'dev', 'orders'), deployment(tenant, 'prod', 'orders'), deployment(tenant, 'prod', 'billing'),
    `tenants/${tenant.slice(0, 2)}/${tenant}/environments/prod/holds/orders.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/environments/prod/environment.yaml`,
  ]),
];
const people = ['usr_aaaaaaaaaaaaaaaa', 'usr_bbbbbbbbbbbbbbbb', 'acme/ci'];

interface Step {
  /** Files that it sets, by index; a negative number deletes. */
  readonly edits: readonly number[];
  readonly person: number;
  /** Made by the platform, pushed, or pushed as if the platform had made it. */
  readonly by: 'platform' | 'pushed' | 'forged';
  readonly seconds: number;
  readonly action: string;
  /** Where it stands: on the head, on a commit some way back (history is rewritten), or merging one. */
  readonly on: { readonly kind: 'head' | 'rewind' | 'merge'; readonly back: number };
}

const step = record<Step>({
  edits: array(integer({ min: -files.length + 1, max: files.length - 1 }), { maxLength: 4 }),
  person: integer({ min: 0, max: people.length - 1 }),
  by: oneof({ weight: 2, arbitrary: constantFrom('platform' as const) }, { weight: 1, arbitrary: constantFrom('pushed' as const, 'forged' as const) }),
  seconds: integer({ min: 1_000, max: 1_020 }),
  action: constantFrom('app.deploy', 'app.revert'),
  on: record({ kind: oneof({ weight: 6, arbitrary: constantFrom('head' as const) }, { weight: 1, arbitrary: constantFrom('rewind' as const, 'merge' as const) }), back: integer({ min: 1, max: 6 }) }),
});

let made = 0;

/** Makes the steps' commits with git's own importer, and answers with the head after each. */
function importSteps(steps: readonly Step[], start?: string): string[] {
  const heads: string[] = start === undefined ? [] : [start];
  const stream = steps.flatMap(({ edits, person, by, seconds, action, on }, index) => {
    made += 1;
    const name = people[person]!;
    const head = heads.at(-1);
    const back = heads.at(-1 - on.back) ?? heads[0];
    const parent = on.kind === 'rewind' ? back : head;
    const merged = on.kind === 'merge' && back !== parent ? back : undefined;
    heads.push(`:${index + 1}`);
    const committer = by === 'pushed' ? `${name} <${name.replace('/', '.')}@acme.example>` : 'Cameleer <platform@noreply.cameleer.io>';
    const message = `${by === 'forged' ? 'Forged step' : 'Step'} ${made}\n\nCameleer-Action: ${action}\n`;
    return [
      `commit refs/heads/step-${made}`, `mark :${index + 1}`, `author ${name} <${name.replace('/', '.')}@users.noreply.cameleer.io> ${seconds} +0000`, `committer ${committer} ${seconds} +0000`,
      `data ${message.length}`, message, ...(parent === undefined ? [] : [`from ${parent}`]), ...(merged === undefined ? [] : [`merge ${merged}`]),
      ...edits.map((edit) => (edit < 0 ? `D ${files[-edit]!}` : `M 100644 inline ${files[edit]!}\ndata ${String(made).length}\n${made}`)),
      `get-mark :${index + 1}`,
    ];
  });
  const output = stockGit(directory, ['fast-import', '--quiet', '--done'], { input: [...stream, 'done', ''].join('\n') });
  return output.split('\n');
}

function isPlatforms({ committer, message }: ParsedCommit): boolean {
  return committer.email === 'platform@noreply.cameleer.io' && !message.startsWith('Forged');
}

const stores: ObjectStore[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.close()));

function open(more: Partial<HistoryIndexOptions> = {}): HistoryIndex {
  const objects = new ObjectStore(directory);
  stores.push(objects);
  return new HistoryIndex(directory, { isPlatforms: async (id) => isPlatforms(await objects.commit(id)), now: () => new Date(), ...more });
}

interface Walked {
  readonly commit: ParsedCommit;
  readonly paths: readonly string[];
  readonly time: number;
}

/** The history as it is, read commit by commit; oldest first. */
async function walk(objects: ObjectStore, head: string): Promise<Walked[]> {
  const commits: ParsedCommit[] = [];
  for (let id: string | undefined = head; id !== undefined; id = commits.at(-1)!.parents[0]) commits.push(await objects.commit(id));
  commits.reverse();
  const bounds = commits.map(isPlatforms);
  const said: number[] = [];
  for (const [index, { committer: { seconds } }] of commits.entries()) {
    const earlier = Math.max(0, ...said.filter((_, at) => bounds[at]));
    said.push(seconds >= earlier ? seconds : bounds[index] ? earlier : said.at(-1)!);
  }
  return Promise.all(commits.map(async (commit, index) => {
    const before = index === 0 ? EMPTY_TREE : commits[index - 1]!.tree;
    const end = bounds.indexOf(true, index);
    return { commit, paths: (await treeDifference(objects, before, commit.tree)).map(({ path }) => path), time: Math.min(...said.slice(index, end < 0 ? undefined : end + 1)) };
  }));
}

function fits({ commit, paths, time }: Walked, filter: HistoryFilter): boolean {
  const { ref, tenant, environment = '[^/]+', application, actor, action, from, to } = filter;
  const root = `tenants/../${tenant}/`;
  const place = application === undefined ? `^${root}${filter.environment === undefined ? '' : `environments/${environment}/`}` : `^${root}(${filter.environment === undefined ? `apps/${application}/|` : ''}environments/${environment}/(apps|holds)/${application}\\.yaml$)`;
  return (ref === undefined || paths.includes(deployment(ref.tenant!, ref.environment!, ref.name)))
    && (tenant === undefined || paths.some((path) => new RegExp(place).test(path)))
    && (actor === undefined || commit.author.name === actor)
    && (action === undefined || parseTrailers(commit.message).get('Cameleer-Action')?.[0] === action)
    && (from === undefined || time * 1000 >= from.getTime()) && (to === undefined || time * 1000 < to.getTime());
}

const instant = integer({ min: 999_000, max: 1_022_000 }).map((milliseconds) => new Date(milliseconds));
const maybe = <T>(values: readonly T[]) => constantFrom<T | undefined>(undefined, ...values);
const filters = record({
  place: constantFrom<HistoryFilter>(
    {}, {}, { tenant: 'acme' }, { tenant: 'beta' }, { tenant: 'gone' }, { tenant: 'acme', environment: 'prod' }, { tenant: 'acme', application: 'orders' },
    { tenant: 'acorn', environment: 'prod', application: 'orders' }, { ref: { kind: 'AppDeployment', tenant: 'acme', environment: 'prod', name: 'billing' } },
  ),
  actor: maybe(people), action: maybe(['app.deploy']), from: oneof(constantFrom(undefined), instant), to: oneof(constantFrom(undefined), instant),
}).map(filterOf);

function filterOf({ place, ...rest }: { readonly place: HistoryFilter } & Readonly<Record<string, unknown>>): HistoryFilter {
  return { ...place, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) };
}

/** All that fits, in pages. */
async function pages(index: HistoryIndex, head: string, filter: HistoryFilter, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = await index.find(head, filter, { limit, before });
    found.push(...page);
    if (page.length < limit) return found;
    before = await index.positionOf(head, page.at(-1)!);
  }
}

test('answers what a walk over the history answers, however main moved, page by page, and at any time', async () => {
  const objects = new ObjectStore(directory);
  const index = open();
  const property = asyncProperty(array(step, { minLength: 1, maxLength: 14 }), array(tuple(filters, integer({ min: 1, max: 4 })), { minLength: 3, maxLength: 6 }), array(instant, { maxLength: 3 }), async (steps, questions, instants) => {
    const heads = importSteps(steps);
    // Grown in two goes, over what other histories have left in it; then all must be as of the last head.
    await index.at(heads[Math.floor(heads.length / 2)]!, new Date(0));
    const newest = await walk(objects, heads.at(-1)!);
    for (const head of [heads.at(-1)!, heads[0]!]) {
      // A head that others have left behind: what came after it bounds the times of what was pushed before it.
      const at = newest.findIndex(({ commit }) => commit.id === head);
      const walked = at < 0 ? await walk(objects, head) : newest.slice(0, at + 1);
      for (const [filter, limit] of questions) {
        const expected = walked.filter((each) => fits(each, filter)).map(({ commit }) => commit.id).reverse();
        expect(await pages(index, head, filter, limit), JSON.stringify(filter)).toEqual(expected);
      }
      for (const time of instants) {
        expect((await index.at(head, time))?.commit).toBe(walked.findLast((each) => each.time * 1000 <= time.getTime())?.commit.id);
      }
    }
  });
  await assert(property, { numRuns: 60 });
  await index.close();
  objects.close();
}, 60_000);

const plain = (edits: readonly number[]): Step => ({ edits, person: 0, by: 'platform', seconds: 1_000, action: 'app.deploy', on: { kind: 'head', back: 1 } });
const all = { limit: 100 };

describe('a long history', () => {
  /** Each takes the one file of a commit before it back, so that there is little to import. */
  const long = (commits: number) => importSteps(Array.from({ length: commits }, (_, index) => plain([index % files.length]))).at(-1)!;
  const answers = async (index: HistoryIndex, head: string) => {
    const filters: HistoryFilter[] = [{}, { tenant: 'acme' }, { tenant: 'beta', environment: 'prod' }, { actor: people[0]! }, { action: 'app.deploy' }];
    return Promise.all([...filters.map((filter) => index.find(head, filter, { limit: 10_000 })), index.at(head, new Date())]);
  };

  test('is told to be on its way, answered when it is there, and is what this thread would have made of it', async () => {
    const head = long(2_500);
    const thread = new HistoryThread(directory, () => []);
    const built = vi.spyOn(thread, 'build');
    const index = open({ thread, patienceMilliseconds: 1 });
    await expect(index.find(head, {}, all)).rejects.toMatchObject({ code: 'index_building', retryAfterSeconds: 5 });
    const found = await vi.waitFor(() => answers(index, head), { timeout: 30_000, interval: 20 });
    expect(built).toHaveBeenCalledOnce();
    await index.close();
    rmSync(join(directory, 'cameleer-history.sqlite'));
    const here = open();
    expect(await answers(here, head)).toEqual(found);
    await here.close();
  }, 60_000);

  test('is gone on with where a process ended that was closed meanwhile', async () => {
    const head = long(6_000);
    const first = open({ thread: new HistoryThread(directory, () => []), patienceMilliseconds: 1 });
    await expect(first.find(head, {}, all)).rejects.toMatchObject({ code: 'index_building' });
    const path = join(directory, 'cameleer-history.sqlite');
    const count = () => new DatabaseSync(path, { readOnly: true }).prepare('select count(*) as n from commits').get()?.['n'] as number;
    await vi.waitFor(() => expect(count()).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
    const closing = performance.now();
    await first.close();
    expect(performance.now() - closing).toBeLessThan(2_000);
    expect(count() % 1_000).toBe(0);
    const second = open({ thread: new HistoryThread(directory, () => []), patienceMilliseconds: 60_000 });
    expect(await second.find(head, {}, { limit: 10_000 })).toHaveLength(6_000);
    await second.close();
  }, 60_000);

  test('is made beside this thread when one commit alone is large', async () => {
    const stream = [`blob\nmark :1\ndata 0\n\ncommit refs/heads/main\ncommitter P <p@acme.example> 1000 +0000\ndata 0\n`, ...Array.from({ length: 30_000 }, (_, at) => `M 100644 :1 tenants/ac/acme/apps/a${at}/app.yaml\n`)];
    execFileSync('git', ['--git-dir', directory, 'fast-import', '--quiet'], { input: stream.join('') });
    const index = open({ thread: new HistoryThread(directory, () => []), patienceMilliseconds: 60_000 });
    const [all, ours] = [process.cpuUsage(), process.threadCpuUsage()];
    expect(await index.find(stockGit(directory, ['rev-parse', 'main']), { application: 'a29999', tenant: 'acme' }, { limit: 2 })).toHaveLength(1);
    const [used, usedByUs] = [process.cpuUsage(all), process.threadCpuUsage(ours)];
    expect(usedByUs.user + usedByUs.system).toBeLessThan((used.user + used.system) / 2);
    await index.close();
  });

  test('is made here when the other thread can not make it', async () => {
    const head = long(2_100);
    const thread = new HistoryThread(join(folder, 'nowhere.git'), () => []);
    const index = open({ thread, patienceMilliseconds: 60_000 });
    expect(await index.find(head, {}, { limit: 10_000 })).toHaveLength(2_100);
    await index.close();
  }, 60_000);
});

describe('the file', () => {
  test('is made anew when it is damaged, also while it is open', async () => {
    const head = importSteps([plain([0]), plain([1])]).at(-1)!;
    const path = join(directory, 'cameleer-history.sqlite');
    writeFileSync(path, Buffer.alloc(20_000, 7));
    const first = open();
    expect(await first.find(head, {}, all)).toHaveLength(2);
    await first.close();
    const bytes = readFileSync(path);
    bytes.fill(7, 100);
    writeFileSync(path, bytes);
    const second = open();
    expect(await second.find(head, {}, all)).toHaveLength(2);
    await second.close();
  });

  test('is waited for while another process makes it', async () => {
    const path = join(directory, 'cameleer-history.sqlite');
    const made = new Worker(
      `const { DatabaseSync } = require('node:sqlite');
       const { parentPort, workerData } = require('node:worker_threads');
       const database = new DatabaseSync(workerData);
       database.exec('pragma journal_mode = wal; begin immediate');
       parentPort.postMessage('begun');
       setTimeout(() => { database.exec('rollback'); database.close(); }, 300);`,
      { eval: true, workerData: path },
    );
    await once(made, 'message');
    const store = new HistoryStore(path);
    expect(store.last().position).toBe(-1);
    store.close();
    await once(made, 'exit');
  });

  test('may be deleted or cut off under an open index', async () => {
    const heads = importSteps([plain([0]), plain([1]), plain([2])]);
    const path = join(directory, 'cameleer-history.sqlite');
    const index = open();
    expect(await index.find(heads[0]!, {}, all)).toHaveLength(1);
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    expect(await index.find(heads[1]!, {}, all)).toHaveLength(2);
    writeFileSync(path, '');
    expect(await index.find(heads[2]!, {}, all)).toHaveLength(3);
    await index.close();
    const again = open();
    expect(await again.find(heads[2]!, { ref: { kind: 'Platform', name: 'platform' } }, all)).toEqual([heads[0]]);
    await again.close();
  });

  test('serves several processes that advance it at once', async () => {
    const heads = importSteps(Array.from({ length: 30 }, (_, index) => plain([index % files.length])));
    const indexes = [open(), open(), open()];
    const found = await Promise.all(heads.flatMap((head) => indexes.map((index) => index.find(head, {}, all))));
    expect(found.map((ids) => ids.length)).toEqual(heads.flatMap((_, index) => indexes.map(() => index + 1)));
    for (const index of indexes) await index.close();
  });

  test('is somewhere else where the repository can not be written to', async () => {
    const head = importSteps([plain([0])]).at(-1)!;
    const path = join(directory, 'cameleer-history.sqlite');
    // Root may write everywhere, but nobody opens a folder as a file.
    mkdirSync(path);
    const index = open();
    expect(await index.find(head, {}, all)).toEqual([head]);
    await index.close();
  });
});
