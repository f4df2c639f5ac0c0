import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listAudit, openLedger, recordAudit, type Ledger } from '../ledger/index.ts';
import { stallingProxy, type StallingProxy } from '../ledger/testing/stalling-proxy.ts';
import { startPostgres } from '../tools/postgres.ts';
import { reconcileAudit } from '../workflows/index.ts';
import { serve, type Reply, type Served } from './testing/serve.ts';

const limit = 1_000;
/** To get a connection and for the query, after those that were asked for before. */
const bound = 4 * (limit + 1_000) + 1_000;

let postgres: ReturnType<typeof startPostgres>;
let proxy: StallingProxy;
let served: Served;
let beside: Ledger;

beforeAll(async () => {
  postgres = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-stands-still-')));
  proxy = await stallingProxy(postgres.url);
  served = await serve({ database: { url: proxy.url, timeoutMilliseconds: limit } });
  beside = await openLedger({ url: postgres.url });
});

afterAll(async () => {
  await beside.close();
  await served.close();
  proxy.close();
  postgres.stop();
});

const made = (name: string): Promise<Reply> => served.ask('PUT', `/api/v1/tenants/acme/serviceaccounts/${name}`, { json: { apiVersion: 'cameleer.io/v1', kind: 'ServiceAccount', metadata: { name }, spec: { description: 'A program.', bindings: [{ role: 'viewer', environments: ['*'] }] } } });
const head = () => served.plane.stores.engine.head().commit;

async function refusedInTime(asked: Promise<Reply>): Promise<void> {
  const began = performance.now();
  const { status, body, headers } = await asked;
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'ledger_unavailable', '5']);
  expect(performance.now() - began).toBeLessThan(bound);
}

/** As somebody with a clone beside the platform would. */
function pushPast(): string {
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', served.plane.stores.stateRepository, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8' }).trim();
  const commit = git('commit-tree', '-m', 'Nothing but a commit', '-p', 'main', 'main^{tree}');
  git('update-ref', 'refs/heads/main', commit);
  return commit;
}

async function phases(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { phase } of await listAudit(beside, { chain: 'acme', after: 0, limit: 1000 })) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

it('a lock that somebody holds refuses writes in time, holds up nobody else, and is forgotten when it is gone', async () => {
  const before = head();
  const recorded = await phases();
  const held = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = beside.transaction(async (sql) => {
    await sql.query('lock table audit_heads in access exclusive mode');
    locked.resolve();
    await held.promise;
  });
  await locked.promise;
  const writes = ['one', 'two', 'three'].map((name) => refusedInTime(made(name)));
  expect((await served.ask('GET', '/api/v1/tenants/acme')).status).toBe(200);
  const pushed = pushPast();
  await expect.poll(head, { timeout: bound }).toBe(pushed);
  await Promise.all(writes);
  expect(pushed).not.toBe(before);
  expect(head()).toBe(pushed);
  held.resolve();
  await holding;
  expect(await phases()).toEqual(recorded);
  expect((await made('one')).status).toBe(201);
});

it('a network that swallows everything refuses in time, and the first request after it is answered', async () => {
  proxy.stall();
  const before = head();
  await Promise.all([refusedInTime(made('four')), refusedInTime(served.ask('GET', '/readyz')), refusedInTime(served.ask('GET', '/api/v1/tenants/acme'))]);
  const pushed = pushPast();
  await expect.poll(head, { timeout: bound }).toBe(pushed);
  expect(pushed).not.toBe(before);
  proxy.resume();
  expect((await served.ask('GET', '/readyz')).status).toBe(200);
  expect((await made('four')).status).toBe(201);
});

it('what was recorded although the answer was lost is settled from Git, where nothing came of it', async () => {
  const { engine, logger, ledger } = served.plane.stores;
  proxy.swallowAnswersTo('insert into audit_events');
  const entry = { chain: 'acme', requestId: 'req_lost', phase: 'intended', action: 'test.lose', actor: 'usr_a', door: 'api' } as const;
  await expect(recordAudit(ledger, entry)).rejects.toMatchObject({ code: 'ledger_unavailable' });
  const of = async () => (await listAudit(beside, { chain: 'acme', after: 0, limit: 1000 })).filter(({ requestId }) => requestId === entry.requestId).map(({ phase }) => phase);
  expect(await of()).toEqual(['intended']);
  proxy.resume();
  await reconcileAudit({ engine, logger, ledger });
  expect(await of()).toEqual(['intended', 'failed']);
});

it('a server that is stopped and goes on is the same', async () => {
  const backends = await beside.query<{ pid: number }>('select pid from pg_stat_activity where pid <> pg_backend_pid() and pid is not null');
  const [{ pid: parent } = { pid: 0 }] = await beside.query<{ pid: number }>(`select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid`);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of [parent, ...backends.map(({ pid: each }) => each)]) process.kill(pid, name);
  };
  signal('SIGSTOP');
  try {
    await Promise.all([refusedInTime(made('five')), refusedInTime(made('six'))]);
  } finally {
    signal('SIGCONT');
  }
  await expect.poll(async () => (await served.ask('GET', '/readyz')).status, { timeout: bound }).toBe(200);
  expect((await made('five')).status).toBe(201);
});

it('a connection that the server ends in the middle of a transaction is told, and ends nothing else', async () => {
  const { ledger } = served.plane.stores;
  const ended = ledger.transaction(async (sql) => {
    const [{ pid } = { pid: 0 }] = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
    await beside.query('select pg_terminate_backend($1)', [pid]);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    await sql.query('select 1');
  });
  await expect(ended).rejects.toMatchObject({ code: 'ledger_unavailable' });
  expect((await served.ask('GET', '/readyz')).status).toBe(200);
});
