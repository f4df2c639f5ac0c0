import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { newToken } from '../access/index.ts';
import { startServer } from '../api/server.ts';
import { openEngine } from '../engine/index.ts';
import { createRepository, encodeCommit, entryAt, FILE_MODE, ObjectDraft, openRepository, spliceTree } from '../engine/git/index.ts';
import { openLayoutRegistry } from '../images/index.ts';
import { createPerson, openLedger, saveToken } from '../ledger/index.ts';
import { runStockGit } from '../engine/testing/run-stock-git.ts';
import { tenantDirectory } from '../schemas/index.ts';
import { authorize, openKeys, type Stores } from '../workflows/index.ts';
import { quantile, summary } from './commit/measure.ts';
import { Report } from './report.ts';
import { seedRepository } from './seed-repository.ts';
import { generateState } from './state.ts';

// node bench/push.ts --tenants 1000: one-tenant changes by stock `git push` over HTTP, beside the same change through the API; how
// soon a cell's publication has them; what a tenant's repository costs when it is first asked for and afterwards. Writes
// bench/results/push-<tenants>.txt.

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '1000' }, runs: { type: 'string', default: '50' } } });
const [tenants, runs] = [Number(values.tenants), Number(values.runs)];

const report = new Report(`node bench/push.ts --tenants ${tenants} --runs ${runs}`);

function timesLine(name: string, times: readonly number[], target = ''): void {
  report.line(name, `${summary({ times })}${target}`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

const folder = await mkdtemp(join(tmpdir(), 'cameleer-bench-push-'));
const data = join(folder, 'data');
const state = await generateState(tenants);
const ids = state.tenantIds;
await mkdir(data, { recursive: true });
await createRepository(join(data, 'state.git'));
const seeded = await openRepository(join(data, 'state.git'), new Date());
await seedRepository(seeded, state);
await seeded.close();

/** Path → milliseconds that the server took, from its own log. */
const served = new Map<string, number[]>();
const logger = pino({ base: null, level: 'info' }, {
  write(text: string) {
    const { msg, path, ms } = JSON.parse(text) as { msg: string; path?: string; ms?: number };
    if (msg === 'request' && path !== undefined && ms !== undefined) served.set(path, [...(served.get(path) ?? []), ms]);
  },
});
const keys = await openKeys(join(data, 'keys'));
const ledger = await openLedger({ directory: join(data, 'ledger') });
const { token, hash } = newToken((bytes) => randomBytes(bytes));
const operator = 'usr_op3rat0r00000001';
await createPerson(ledger, { id: operator });
await saveToken(ledger, { id: 'tok_aaaaaaaaaaaaaaaa', hash, subject: { kind: 'person', id: operator }, description: 'bench' });
const engine = await openEngine({ directory: join(data, 'state.git'), signingKey: keys.state.private, authorize, now: () => new Date(), publications: join(data, 'publications') });
// No cell is applied: what runs in it would be measured, too.
const stores: Stores = {
  engine, ledger, keys, keysFolder: data, registry: await openLayoutRegistry(join(data, 'registry')), stateRepository: join(data, 'state.git'), uploads: data,
  driver: () => undefined, applyFailure: () => undefined, logger: { info: () => {}, warn: () => {}, error: (details, message) => console.error(message, details) },
  now: () => new Date(), random: (bytes) => randomBytes(bytes),
};
const server = await startServer({ stores, logger, host: '127.0.0.1', port: 0 });
const authorization = { Authorization: `Bearer ${token}` };
const git = (directory: string, ...args: string[]) => runStockGit(directory, ['-c', `http.extraHeader=Authorization: Bearer ${token}`, ...args]);

async function must(run: ReturnType<typeof git>): Promise<void> {
  const { status, err } = await run;
  if (status !== 0) throw new Error(err);
}

const clone = join(folder, 'clone.git');
report.line('clone of state.git', `${((await timed(() => must(git(folder, 'clone', '--quiet', '--bare', `${server.url}/git/state.git`, clone)))).ms / 1000).toFixed(1)} s`);
const mine = await openRepository(clone, new Date());

/** Spread over all tenants, as people are. */
const pick = (turn: number): string => ids[(turn * 7919) % ids.length] ?? '';
const pathOf = (tenant: string): string => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;

/** Commits a one-tenant change to the clone as an editor and `git commit` would, without a work tree of all tenants. */
async function commitLocally(tenant: string, turn: number): Promise<string> {
  const head = (await mine.reference('refs/heads/main')) ?? '';
  const objects = new ObjectDraft(mine.objects);
  const { tree } = await objects.commit(head);
  const entry = await entryAt(objects, tree, pathOf(tenant));
  const text = (await objects.blob(entry?.oid ?? '', 1024 * 1024)).content?.toString('utf8').replace(/ORDERS_REGION: .*/, `ORDERS_REGION: push-${turn}`) ?? '';
  const root = await spliceTree(objects, tree, new Map([[pathOf(tenant), { mode: FILE_MODE, oid: objects.add('blob', Buffer.from(text)) }]]));
  const stamp = { name: 'Op', email: 'op@acme.example', seconds: Math.floor(Date.now() / 1000), zone: '+0000' };
  const commit = objects.add('commit', encodeCommit({ tree: root, parents: [head], author: stamp, committer: stamp, message: `Change ${tenant}\n` }));
  await mine.objects.write(objects.objects());
  await mine.move({ name: 'refs/heads/main', before: head, after: commit }, new Date());
  return commit;
}

async function pushes(): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const commit = await commitLocally(pick(turn), turn);
    times.push((await timed(() => must(git(clone, 'push', '--quiet', `${server.url}/git/state.git`, 'main')))).ms);
    if (engine.head().commit !== commit) throw new Error('The push was answered and main is elsewhere.');
  }
  return times;
}

async function writes(): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const url = `${server.url}/api/v1/tenants/${pick(turn + 31)}/environments/dev/apps/orders`;
    const etag = (await fetch(url, { headers: authorization })).headers.get('etag') ?? '';
    const { result, ms } = await timed(() => fetch(url, { method: 'PATCH', headers: { ...authorization, 'Content-Type': 'application/merge-patch+json', 'If-Match': etag }, body: JSON.stringify({ spec: { env: { BENCH: `v${turn}` } } }) }).then(async (response) => [response.status, await response.text()] as const));
    if (result[0] !== 200) throw new Error(result[1]);
    times.push(ms);
  }
  return times;
}

await commitLocally(pick(1), -1);
await must(git(clone, 'push', '--quiet', `${server.url}/git/state.git`, 'main'));
served.clear();
const pushed = await pushes();
timesLine('one-tenant change by git push, whole', pushed);
timesLine('  of it in the server, refs', served.get('/git/state.git/info/refs') ?? []);
timesLine('  of it in the server, the push', served.get('/git/state.git/git-receive-pack') ?? []);
const written = await writes();
timesLine('the same through the API', written);
report.line('ratio of the medians', `${(quantile(pushed, 0.5) / quantile(written, 0.5)).toFixed(1)}x whole (target: < 10x)`);

/** From the commit's answer until the cell's publication shows it. */
async function publicationLag(): Promise<number[]> {
  const publication = (await engine.publication({ cell: 'local' })) ?? '';
  const reader = await openRepository(publication, new Date());
  const times: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    const commit = await commitLocally(pick(turn + 63), runs + turn).then(async (id) => {
      await must(git(clone, 'push', '--quiet', `${server.url}/git/state.git`, 'main'));
      return id;
    });
    const start = performance.now();
    const wanted = engine.head().cells.get('local');
    while ((await reader.reference('refs/heads/cells/local')) !== wanted) await new Promise((resolve) => { setTimeout(resolve, 1); });
    times.push(performance.now() - start);
    if (engine.head().commit !== commit) throw new Error('Somebody else writes.');
  }
  await reader.close();
  return times;
}

await must(git(clone, 'fetch', '--quiet', `${server.url}/git/state.git`, 'main:main'));
timesLine('answered until the cell\'s publication has it', await publicationLag(), ' (target: p50 < 100 ms)');
const first = await timed(() => engine.publication({ tenant: pick(0) }));
report.line('a tenant\'s repository, asked for first', `${first.ms.toFixed(0)} ms`);
const again: number[] = [];
for (let turn = 0; turn < runs; turn += 1) again.push((await timed(() => engine.publication({ tenant: pick(0) }))).ms);
timesLine('  again, nothing having changed', again);
report.line('  clone of it', `${(await timed(() => must(git(folder, 'clone', '--quiet', `${server.url}/git/tenants/${pick(0)}.git`, join(folder, 'tenant'))))).ms.toFixed(0)} ms`);
await report.save(`push-${tenants}.txt`);
await mine.close();
await server.close(100);
await engine.close();
await ledger.close();
await rm(folder, { recursive: true, force: true, maxRetries: 5 });
