import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intent } from '../../engine/index.ts';
import { findChangeRequest, listAudit, numberChangeRequest } from '../../ledger/index.ts';
import { mergeRequest, reconcileAudit, reconcileRequests } from '../../workflows/index.ts';
import { everywhere, serveRequests, viewOf, type ServedRequests, type View } from '../testing/serve-requests.ts';

let served: ServedRequests;

beforeAll(async () => { served = await serveRequests(); }, 60_000);
afterAll(() => served.close());

describe('merging', () => {
  async function ready(): Promise<View> {
    const { number } = await served.propose();
    await served.approve(number, served.anna);
    return viewOf(await served.approve(number, served.bert));
  }

  it('twice at once, and again under the same key, makes one commit', async () => {
    const { number } = await ready();
    const key = { 'Idempotency-Key': `merge-${number}` };
    const [first, second] = await Promise.all([served.merge(number, served.anna), served.merge(number, served.bert)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(viewOf(first).mergedCommit).toBe(viewOf(second).mergedCommit);
    const [again, repeated] = [await served.merge(number, served.developer, key), await served.merge(number, served.developer, key)];
    expect(viewOf(again)).toEqual(viewOf(repeated));
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect((await served.git('log', '--format=%H', `--grep=^Change-Request: ${number}$`, 'main')).split('\n')).toHaveLength(1);
  });

  it('does not make again what was reverted since it was merged', async () => {
    const request = await ready();
    const merged = viewOf(await served.merge(request.number));
    const { ledger, engine } = served.plane.stores;
    expect(await served.ask('POST', '/api/v1/tenants/initech/reverts', { json: { commit: merged.mergedCommit } })).toMatchObject({ status: 200 });
    // As if the process had died before the ledger knew.
    await ledger.query("update change_requests set status = 'open', merged_commit = null where number = $1", [request.number]);
    const head = engine.head().commit;
    expect(viewOf(await served.merge(request.number))).toMatchObject({ status: 'merged', mergedCommit: merged.mergedCommit });
    expect(engine.head().commit).toBe(head);
  });

  it('needs the right to make the change', async () => {
    const viewer = await served.person('usr_viewer0000000001', 'initech', everywhere('viewer'));
    const { number } = await ready();
    expect(await served.merge(number, viewer)).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
    const stranger = await served.person('usr_stranger00000001');
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`, { token: stranger })).status).toBe(404);
    expect((await served.merge(number, stranger)).status).toBe(404);
    expect((await served.ask('GET', '/api/v1/change-requests', { token: served.developer })).status).toBe(403);
  });

  it('puts back a branch that was deleted or moved by hand', async () => {
    const { number, commit } = await ready();
    await served.git('update-ref', '-d', `refs/heads/requests/${number}`);
    expect(await served.show(number)).toMatchObject({ mergeable: true, commit });
    await served.git('update-ref', `refs/heads/requests/${number}`, await served.git('rev-parse', 'main'));
    expect(await served.show(number)).toMatchObject({ mergeable: true, commit });
    expect(await served.merge(number)).toMatchObject({ status: 200, body: { status: 'merged' } });
    expect(await served.git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
    expect(await served.git('rev-parse', `refs/cameleer/requests/${number}/1`)).toBe(commit);
  });
});

describe('a process that died', () => {
  const requester = { subject: { kind: 'person', id: 'usr_developer0000001' }, door: 'api' } as const;

  it('between the commit of a merge and the ledger: the next start finds it by its trailer', async () => {
    const { stores } = served.plane;
    const { number } = await served.propose();
    await served.approve(number, served.anna);
    await served.approve(number, served.bert);
    // The ledger is gone from the commit on.
    let gone = false;
    const ledger: typeof stores.ledger = {
      query: (text, parameters) => (gone ? Promise.reject(new Error('gone')) : stores.ledger.query(text, parameters)),
      transaction: (work) => (gone ? Promise.reject(new Error('gone')) : stores.ledger.transaction(work)),
      close: () => Promise.resolve(),
    };
    const { engine: real } = stores;
    const write: typeof real.write = (intent) => real.write(intent).finally(() => { gone = true; });
    const engine = { requests: real.requests, write, tenant: (id: string) => real.tenant(id), platform: () => real.platform() } as unknown as typeof real;
    await expect(mergeRequest({ ...stores, ledger, engine }, { ...requester, requestId: 'req_died' }, number)).rejects.toThrow('gone');
    expect(await served.show(number)).toMatchObject({ status: 'open' });
    await reconcileRequests(stores);
    await reconcileAudit(stores);
    const commit = await served.git('rev-parse', 'main');
    expect(await served.show(number)).toMatchObject({ status: 'merged', mergedCommit: commit });
    expect((await listAudit(stores.ledger, { chain: 'initech', limit: 1000 })).find((event) => event.requestId === 'req_died' && event.phase === 'done')).toMatchObject({ action: 'request.merge', commit });
    expect(await served.git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
  });

  it('while a request was opened: its branch makes it open; without one the number is given back', async () => {
    const { ledger, engine } = served.plane.stores;
    const asked = { tenant: 'initech', title: 'Died', author: 'usr_developer0000001', autoMerge: false };
    const made = await numberChangeRequest(ledger, { ...asked, requestId: 'req_made', now: new Date() });
    const intent: Intent = {
      change: { action: 'app.configure', actor: 'usr_developer0000001', door: 'api', requestId: 'req_made', tenant: 'initech', subject: 'Died' },
      apply: (draft) => draft.edit({ kind: 'AppDeployment', tenant: 'initech', environment: 'staging', name: 'claims' }, (document) => document.setIn(['spec', 'env', 'DIED'], '1')),
    };
    const { commit } = await engine.requests.open(made.number, intent);
    const lost = await numberChangeRequest(ledger, { ...asked, requestId: 'req_lost', now: new Date(Date.now() - 120_000) });
    const fresh = await numberChangeRequest(ledger, { ...asked, requestId: 'req_fresh', now: new Date() });
    await reconcileRequests(served.plane.stores);
    expect(await served.show(made.number)).toMatchObject({ status: 'open', commit, mergeable: true });
    expect(await findChangeRequest(ledger, lost.number)).toBeUndefined();
    expect(await findChangeRequest(ledger, fresh.number)).toMatchObject({ status: 'opening' });
  });
});
