import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ObjectStore } from '../../engine/git/index.ts';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { deny, listAudit } from '../../ledger/index.ts';
import { approveRequest } from '../../workflows/index.ts';
import type { Reply } from '../testing/serve.ts';
import { everywhere, prod, serveRequests, staging, states, viewOf, type ServedRequests, type View } from '../testing/serve-requests.ts';

let served: ServedRequests;
let count = 0;

beforeAll(async () => { served = await serveRequests(); }, 60_000);
afterAll(() => served.close());

describe('a write where the policy asks for approval', () => {
  it('becomes a change request: a branch with one commit, that two others approve and anybody who may write merges', async () => {
    const head = await served.git('rev-parse', 'main');
    const request = await served.propose();
    expect(request).toMatchObject({ status: 'open', revision: 1, mergeable: false, author: 'usr_developer0000001', tenant: 'initech', base: head, branch: `requests/${request.number}` });
    expect(states(request)).toEqual({ up_to_date: 'passed', valid: 'passed', within_limits: 'passed', isolated: 'passed', authorised: 'passed', approved: 'pending' });
    expect(await served.git('rev-parse', 'main')).toBe(head);
    expect(await served.git('log', '--format=%H %P %an %cn', `requests/${request.number}`, '-1')).toBe(`${request.commit} ${head} usr_developer0000001 Cameleer`);
    expect(await served.git('log', '-1', '--format=%(trailers:key=Change-Request,valueonly)', `requests/${request.number}`)).toBe(String(request.number));
    expect(await served.merge(request.number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect((await served.approve(request.number, served.anna)).status).toBe(200);
    expect(await served.merge(request.number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    const ready = viewOf(await served.approve(request.number, served.bert));
    expect(ready).toMatchObject({ mergeable: true, status: 'open' });
    const merged = viewOf(await served.merge(request.number, served.anna));
    expect(merged).toMatchObject({ status: 'merged', mergedCommit: await served.git('rev-parse', 'main'), settledBy: 'usr_anna000000000001' });
    const trailers = await served.git('log', '-1', '--format=%an%n%(trailers:key=Change-Request)%(trailers:key=Plan-Hash)%(trailers:key=Approved-By)', 'main');
    expect(trailers.split('\n').filter((line) => line !== '')).toEqual([
      'usr_developer0000001', `Change-Request: ${request.number}`, `Plan-Hash: sha256:${ready.plan.hash}`, 'Approved-By: usr_anna000000000001', 'Approved-By: usr_bert000000000001',
    ]);
    expect((await served.plane.stores.engine.plan(head, merged.mergedCommit ?? '')).hash).toBe(ready.plan.hash);
    expect(merged.plan.hash).toBe(ready.plan.hash);
  });
});

describe('a write that is made again while its request is open', () => {
  const numberOf = (reply: Reply) => (reply.body as { request: View }).request;

  it('answers with that request when it would make the same, also twice at once and when main has moved elsewhere', async () => {
    const spec = { env: { AGAIN: 'x' } };
    const [first, second] = (await Promise.all([served.patch(prod, spec, served.developer), served.patch(prod, spec, served.developer)])).map(numberOf);
    expect(second).toMatchObject({ number: first?.number, revision: 1 });
    expect((await served.patch(prod, { env: { BESIDE: 'x' } }, served.operator)).status).toBe(200);
    const third = await served.patch(prod, spec, served.developer, '?autoMerge=true');
    expect(third.status).toBe(202);
    expect(numberOf(third)).toMatchObject({ number: first?.number, revision: 1, commit: first?.commit, autoMerge: true });
    expect(numberOf(await served.patch(prod, spec, served.developer, '?request=true')).number).toBe(first?.number);
    // Somebody else’s is theirs.
    expect(numberOf(await served.patch(prod, spec, served.anna)).number).not.toBe(first?.number);
  });

  it('sets it right when it gives the same fields other values, and leaves it alone when it changes others', async () => {
    const first = numberOf(await served.patch(prod, { env: { RIGHT: '1' } }, served.developer));
    await served.approve(first.number, served.anna);
    const second = numberOf(await served.patch(prod, { env: { RIGHT: '2', MORE: 'x' } }, served.developer));
    expect(second).toMatchObject({ number: first.number, revision: 2, approvals: [{ counts: false }] });
    const third = numberOf(await served.patch(prod, { env: { RIGHT: '3' } }, served.developer));
    expect(third.number).not.toBe(first.number);
    expect(await served.show(first.number)).toMatchObject({ status: 'open', commit: second.commit });
    // Asked for, it is a proposal beside the other.
    expect(numberOf(await served.patch(prod, { env: { RIGHT: '4' } }, served.developer, '?request=true')).number).toBeGreaterThan(third.number);
  });
});

describe('an update', () => {
  it('puts its commits on top of the branch, and is what it says by whichever way a Git host merges them', async () => {
    const { number, commit } = await served.propose('', { env: { FIRST: '1', BOTH: '1' } });
    expect((await served.patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, served.operator)).status).toBe(200);
    const updated = viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.developer, json: await served.fileBody('second') }));
    const head = await served.git('rev-parse', 'main');
    expect(updated).toMatchObject({ revision: 2, base: head, plan: { objects: [{ fields: [{ pointer: '/spec/env/LINE', after: 'second' }] }] } });
    expect(await served.git('rev-list', '--count', `${commit}..requests/${number}`, '--not', 'main')).toBe('3');
    expect(await served.git('rev-parse', `requests/${number}~3`)).toBe(commit);
    const folder = mkdtempSync(join(tmpdir(), 'cameleer-revisions-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const here = async (...args: string[]) => {
      const { status, out, err } = await runStockGit(folder, ['-c', 'user.name=o', '-c', 'user.email=o@initech.example', ...args]);
      expect(status, err).toBe(0);
      return out.trim();
    };
    await here('clone', '--quiet', served.plane.stores.stateRepository, '.');
    const wanted = await served.git('rev-parse', `requests/${number}^{tree}`);
    await here('checkout', '--quiet', '-b', 'whole', 'main');
    await here('merge', '--quiet', '--no-ff', '-m', 'Merge', `origin/requests/${number}`);
    expect(await here('rev-parse', 'HEAD^{tree}')).toBe(wanted);
    await here('checkout', '--quiet', '-b', 'squashed', 'main');
    await here('merge', '--quiet', '--squash', `origin/requests/${number}`);
    expect(await here('write-tree')).toBe(wanted);
    await here('checkout', '--quiet', '-b', 'one-by-one', `origin/requests/${number}`);
    await here('rebase', '--quiet', 'main');
    expect(await here('rev-parse', 'HEAD^{tree}')).toBe(wanted);
    // What somebody puts on top of it is all that their own request asks for besides.
    expect((await served.patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, served.operator)).status).toBe(200);
    const { engine } = served.plane.stores;
    const change = { action: 'state.push', actor: 'usr_developer0000001', door: 'push', requestId: 'req_on_top' } as const;
    const objects = new ObjectStore(served.plane.stores.stateRepository);
    onTestFinished(() => objects.close());
    const plan = await engine.preview({ ...(await engine.requests.difference(updated.commit, objects, change)), approved: true });
    expect(plan.objects).toMatchObject([{ fields: [{ pointer: '/spec/env/LINE', after: 'second' }] }]);
  });

  it('that changes nothing makes no revision', async () => {
    const { number } = await served.propose();
    expect(viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.developer }))).toMatchObject({ revision: 1 });
    const both = await Promise.all([served.fileBody('one'), served.fileBody('two')].map(async (body) => served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.developer, json: await body })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await served.show(number)).revision).toBe(3);
  });
});

describe('approvals', () => {
  it('are given by others than the author, by people, under the role that the policy names', async () => {
    const { number } = await served.propose();
    expect(await served.approve(number, served.developer)).toMatchObject({ status: 403, body: { code: 'own_request' } });
    expect(await served.approve(number, served.support)).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
    expect(await served.approve(number, served.anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'plan_outdated', planHash: (await served.show(number)).plan.hash } });
    const twice = [await served.approve(number, served.anna), await served.approve(number, served.anna)].map(viewOf);
    expect(twice[1]?.approvals).toMatchObject([{ person: 'usr_anna000000000001', counts: true }]);
    expect(twice[1]?.mergeable).toBe(false);
    expect(viewOf(await served.ask('DELETE', `/api/v1/change-requests/${number}/approvals`, { token: served.anna })).approvals).toEqual([]);
  });

  it('of an owner who proposes don’t count, through whatever door', async () => {
    const made = await served.patch(prod, { env: { OWN: '1' } }, served.bert);
    const { number } = (made.body as { request: View }).request;
    expect(await served.approve(number, served.bert)).toMatchObject({ status: 403, body: { code: 'own_request' } });
    await served.approve(number, served.anna);
    expect(await served.merge(number, served.bert)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('of an earlier plan count no more, and say so', async () => {
    const { number } = await served.propose();
    await served.approve(number, served.anna);
    await served.approve(number, served.bert);
    expect((await served.show(number)).mergeable).toBe(true);
    const changed = viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.developer, json: await served.fileBody(`line ${(count += 1)}`) }));
    expect(changed).toMatchObject({ revision: 2, mergeable: false, approvals: [{ counts: false }, { counts: false }] });
    expect(await served.merge(number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect((await served.git('for-each-ref', '--format=%(refname)', 'refs/cameleer/requests/')).split('\n')).toContain(`refs/cameleer/requests/${number}/1`);
  });

  it('count no more when others change what stands between its lines', async () => {
    const { number } = await served.propose('', { env: { AAA: '1', ZZZ: '1' } });
    await served.approve(number, served.anna);
    await served.approve(number, served.bert);
    expect((await served.patch(prod, { env: { MMM: '1' } }, served.operator)).status).toBe(200);
    expect(await served.show(number)).toMatchObject({ mergeable: false, conflicts: [], approvals: [{ counts: false }, { counts: false }] });
  });

  it('count on when main moves elsewhere', async () => {
    const { number } = await served.propose();
    await served.approve(number, served.anna);
    await served.approve(number, served.bert);
    expect((await served.patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, served.developer)).status).toBe(200);
    expect(await served.show(number)).toMatchObject({ mergeable: true, approvals: [{ counts: true }, { counts: true }] });
    expect((await served.merge(number)).status).toBe(200);
  });

  it('of who is denied, or has lost the role, don’t count', async () => {
    const gone = await served.person('usr_gone000000000001', 'initech', everywhere('owner'));
    const less = await served.person('usr_less000000000001', 'initech', everywhere('owner'));
    const { number } = await served.propose();
    await served.approve(number, gone);
    await served.approve(number, less);
    expect((await served.show(number)).mergeable).toBe(true);
    await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_gone000000000001', reason: 'Left', by: 'platform' });
    expect(await served.show(number)).toMatchObject({ mergeable: false, approvals: [{ person: 'usr_less000000000001', counts: true }] });
    await served.patch('/api/v1/tenants/initech/members/usr_less000000000001', { bindings: everywhere('developer') }, served.operator);
    expect(await served.show(number)).toMatchObject({ mergeable: false, approvals: [{ counts: false }] });
    expect(await served.merge(number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('are not a service account’s to give', async () => {
    const { number, plan } = await served.propose();
    const { stores } = served.plane;
    const asked = { subject: { kind: 'serviceAccount', tenant: 'initech', name: 'ci' }, door: 'api', requestId: 'req_ci' } as const;
    await expect(approveRequest(stores, asked, { number, planHash: plan.hash })).rejects.toMatchObject({ code: 'not_authorised' });
  });

  it('are asked of an operator’s request as well, though a write of theirs needs none', async () => {
    const made = await served.patch(prod, { env: { OPERATOR: '1' } }, served.operator, '?request=true');
    const { number, checks } = (made.body as { request: View }).request;
    expect(checks.find(({ name }) => name === 'approved')?.state).toBe('pending');
    expect(await served.merge(number, served.operator)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('are needed to weaken the policy', async () => {
    const weakened = await served.patch('/api/v1/tenants/initech/environments/prod', { approval: { approvers: { count: 1 } } }, served.anna);
    expect(weakened.status).toBe(202);
    expect(states((weakened.body as { request: View }).request)['approved']).toBe('pending');
  });
});

describe('a closed request', () => {
  it('is neither approved nor merged until it is opened again, by its author with the ETag that was read', async () => {
    const { number, etag } = await served.propose();
    const close = (token: string, status: string, of: string) => served.ask('PATCH', `/api/v1/change-requests/${number}`, { token, json: { status }, headers: { 'If-Match': `"${of}"` } });
    expect(await close(served.support, 'closed', etag)).toMatchObject({ status: 403 });
    expect(await close(served.developer, 'closed', '0'.repeat(64))).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    const closed = viewOf(await close(served.developer, 'closed', etag));
    expect(closed).toMatchObject({ status: 'closed', checks: [] });
    expect(await served.git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
    expect(await served.merge(number)).toMatchObject({ status: 409, body: { code: 'request_settled' } });
    expect(await served.approve(number, served.anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'request_settled' } });
    expect(viewOf(await close(served.developer, 'open', closed.etag))).toMatchObject({ status: 'open' });
    expect(await served.git('rev-parse', `requests/${number}`)).toBe(closed.commit);
  });
});

it('lists by pages, newest first, and everything is in the audit', async () => {
  const first = await served.ask('GET', '/api/v1/tenants/initech/change-requests?limit=2', { token: served.developer });
  const numbers = (reply: Reply) => (reply.body['requests'] as { number: number }[]).map(({ number }) => number);
  expect(await served.ask('GET', '/api/v1/tenants/initech/change-requests?before=2147483648', { token: served.developer })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  const second = await served.ask('GET', `/api/v1/tenants/initech/change-requests?limit=2&before=${String(first.body['next'])}`, { token: served.developer });
  expect([...numbers(first), ...numbers(second)]).toEqual([...numbers(first), ...numbers(second)].toSorted((a, b) => b - a));
  const merged = await served.ask('GET', '/api/v1/tenants/initech/change-requests?status=merged', { token: served.developer });
  expect(new Set((merged.body['requests'] as { status: string }[]).map(({ status }) => status))).toEqual(new Set(['merged']));
  const audit = await listAudit(served.plane.stores.ledger, { chain: 'initech', limit: 1000 });
  const events = new Set(audit.map(({ action, phase }) => `${action} ${phase}`));
  for (const event of ['request.open intended', 'request.open done', 'request.approve noted', 'request.withdraw noted', 'request.merge intended', 'request.merge done', 'request.merge failed', 'request.update done', 'request.close noted', 'request.reopen noted']) expect(events).toContain(event);
});
