import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseDocument } from 'yaml';
import type { Intent } from '../../engine/index.ts';
import { ObjectStore } from '../../engine/git/index.ts';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { deny, findChangeRequest, listAudit, numberChangeRequest } from '../../ledger/index.ts';
import { approveRequest, mergeRequest, reconcileAudit, reconcileRequests } from '../../workflows/index.ts';
import { serve, type Reply, type Served } from '../testing/serve.ts';
import { upload } from '../testing/upload.ts';

const prod = '/api/v1/tenants/initech/environments/prod/apps/claims';
const dev = '/api/v1/tenants/initech/environments/dev/apps/claims';
const staging = '/api/v1/tenants/initech/environments/staging/apps/claims';
const everywhere = (role: string) => [{ role, environments: ['*'] }];

let served: Served;
let developer: string;
let anna: string;
let bert: string;
let support: string;
let count = 0;

beforeAll(async () => {
  served = await serve();
  expect((await upload(served, 'initech/claims', '4.18.0')).status).toBe(201);
  // An operator needs nobody's approval.
  for (const place of [dev, staging, prod]) expect(await served.ask('POST', `${place}/deployments`, { json: { release: 'v1' } })).toMatchObject({ status: 200 });
  developer = await served.person('usr_developer0000001', 'initech', everywhere('developer'));
  anna = await served.person('usr_anna000000000001', 'initech', everywhere('admin'));
  bert = await served.person('usr_bert000000000001', 'initech', everywhere('owner'));
  support = await served.person('usr_support000000001', 'initech', everywhere('developer'));
}, 60_000);
afterAll(() => served.close());

interface View {
  readonly number: number;
  readonly status: string;
  readonly commit: string;
  readonly revision: number;
  readonly base: string;
  readonly etag: string;
  readonly mergeable: boolean;
  readonly mergedCommit?: string;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly approvals: readonly { readonly person: string; readonly counts: boolean }[];
  readonly plan: { readonly hash: string };
}

const viewOf = (reply: Reply) => reply.body as unknown as View;
const states = (view: View) => Object.fromEntries(view.checks.map(({ name, state }) => [name, state]));

async function git(...args: string[]): Promise<string> {
  const { status, out, err } = await runStockGit(served.plane.stores.stateRepository, args);
  if (status !== 0) throw new Error(err);
  return out.trim();
}

/** Patches a deployment with its current ETag. */
async function patch(path: string, spec: object, token: string, query = ''): Promise<Reply> {
  const { headers } = await served.ask('GET', path, { token });
  return served.ask('PATCH', `${path}${query}`, { token, json: { spec }, headers: { 'If-Match': headers.get('etag') ?? '' } });
}

/** A request for a new variable in prod, by the developer. */
async function propose(query = '', spec: object = { env: { [`VAR_${(count += 1)}`]: 'x' } }): Promise<View> {
  const made = await patch(prod, spec, developer, query);
  expect(made.status).toBe(202);
  return (made.body as { request: unknown }).request as View;
}

const show = async (number: number, token = developer) => viewOf(await served.ask('GET', `/api/v1/change-requests/${number}`, { token }));
const approve = async (number: number, token: string, planHash?: string) =>
  served.ask('POST', `/api/v1/change-requests/${number}/approvals`, { token, json: { planHash: planHash ?? (await show(number)).plan.hash } });
const merge = (number: number, token = developer, headers = {}) => served.ask('POST', `/api/v1/change-requests/${number}/merge`, { token, headers });

describe('a write where the policy asks for approval', () => {
  it('becomes a change request: a branch with one commit, that two others approve and anybody who may write merges', async () => {
    const head = await git('rev-parse', 'main');
    const request = await propose();
    expect(request).toMatchObject({ status: 'open', revision: 1, mergeable: false, author: 'usr_developer0000001', tenant: 'initech', base: head, branch: `requests/${request.number}` });
    expect(states(request)).toEqual({ up_to_date: 'passed', valid: 'passed', within_limits: 'passed', isolated: 'passed', authorised: 'passed', approved: 'pending' });
    expect(await git('rev-parse', 'main')).toBe(head);
    expect(await git('log', '--format=%H %P %an %cn', `requests/${request.number}`, '-1')).toBe(`${request.commit} ${head} usr_developer0000001 Cameleer`);
    expect(await git('log', '-1', '--format=%(trailers:key=Change-Request,valueonly)', `requests/${request.number}`)).toBe(String(request.number));
    expect(await merge(request.number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect((await approve(request.number, anna)).status).toBe(200);
    expect(await merge(request.number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    const ready = viewOf(await approve(request.number, bert));
    expect(ready).toMatchObject({ mergeable: true, status: 'open' });
    const merged = viewOf(await merge(request.number, anna));
    expect(merged).toMatchObject({ status: 'merged', mergedCommit: await git('rev-parse', 'main'), settledBy: 'usr_anna000000000001' });
    const trailers = await git('log', '-1', '--format=%an%n%(trailers:key=Change-Request)%(trailers:key=Plan-Hash)%(trailers:key=Approved-By)', 'main');
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
    const [first, second] = (await Promise.all([patch(prod, spec, developer), patch(prod, spec, developer)])).map(numberOf);
    expect(second).toMatchObject({ number: first?.number, revision: 1 });
    expect((await patch(prod, { env: { BESIDE: 'x' } }, served.operator)).status).toBe(200);
    const third = await patch(prod, spec, developer, '?autoMerge=true');
    expect(third.status).toBe(202);
    expect(numberOf(third)).toMatchObject({ number: first?.number, revision: 1, commit: first?.commit, autoMerge: true });
    expect(numberOf(await patch(prod, spec, developer, '?request=true')).number).toBe(first?.number);
    // Somebody else’s is theirs.
    expect(numberOf(await patch(prod, spec, anna)).number).not.toBe(first?.number);
  });

  it('sets it right when it gives the same fields other values, and leaves it alone when it changes others', async () => {
    const first = numberOf(await patch(prod, { env: { RIGHT: '1' } }, developer));
    await approve(first.number, anna);
    const second = numberOf(await patch(prod, { env: { RIGHT: '2', MORE: 'x' } }, developer));
    expect(second).toMatchObject({ number: first.number, revision: 2, approvals: [{ counts: false }] });
    const third = numberOf(await patch(prod, { env: { RIGHT: '3' } }, developer));
    expect(third.number).not.toBe(first.number);
    expect(await show(first.number)).toMatchObject({ status: 'open', commit: second.commit });
    // Asked for, it is a proposal beside the other.
    expect(numberOf(await patch(prod, { env: { RIGHT: '4' } }, developer, '?request=true')).number).toBeGreaterThan(third.number);
  });
});

describe('an update', () => {
  it('puts its commits on top of the branch, and is what it says by whichever way a Git host merges them', async () => {
    const { number, commit } = await propose('', { env: { FIRST: '1', BOTH: '1' } });
    expect((await patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, served.operator)).status).toBe(200);
    const updated = viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: developer, json: await fileBody('second') }));
    const head = await git('rev-parse', 'main');
    expect(updated).toMatchObject({ revision: 2, base: head, plan: { objects: [{ fields: [{ pointer: '/spec/env/LINE', after: 'second' }] }] } });
    expect(await git('rev-list', '--count', `${commit}..requests/${number}`, '--not', 'main')).toBe('3');
    expect(await git('rev-parse', `requests/${number}~3`)).toBe(commit);
    const folder = mkdtempSync(join(tmpdir(), 'cameleer-revisions-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const here = async (...args: string[]) => {
      const { status, out, err } = await runStockGit(folder, ['-c', 'user.name=o', '-c', 'user.email=o@initech.example', ...args]);
      expect(status, err).toBe(0);
      return out.trim();
    };
    await here('clone', '--quiet', served.plane.stores.stateRepository, '.');
    const wanted = await git('rev-parse', `requests/${number}^{tree}`);
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
    expect((await patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, served.operator)).status).toBe(200);
    const { engine } = served.plane.stores;
    const change = { action: 'state.push', actor: 'usr_developer0000001', door: 'push', requestId: 'req_on_top' } as const;
    const objects = new ObjectStore(served.plane.stores.stateRepository);
    onTestFinished(() => objects.close());
    const plan = await engine.preview({ ...(await engine.requests.difference(updated.commit, objects, change)), approved: true });
    expect(plan.objects).toMatchObject([{ fields: [{ pointer: '/spec/env/LINE', after: 'second' }] }]);
  });

  it('that changes nothing makes no revision', async () => {
    const { number } = await propose();
    expect(viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: developer }))).toMatchObject({ revision: 1 });
    const both = await Promise.all([fileBody('one'), fileBody('two')].map(async (body) => served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: developer, json: await body })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await show(number)).revision).toBe(3);
  });
});

describe('approvals', () => {
  it('are given by others than the author, by people, under the role that the policy names', async () => {
    const { number } = await propose();
    expect(await approve(number, developer)).toMatchObject({ status: 403, body: { code: 'own_request' } });
    expect(await approve(number, support)).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
    expect(await approve(number, anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'plan_outdated', planHash: (await show(number)).plan.hash } });
    const twice = [await approve(number, anna), await approve(number, anna)].map(viewOf);
    expect(twice[1]?.approvals).toMatchObject([{ person: 'usr_anna000000000001', counts: true }]);
    expect(twice[1]?.mergeable).toBe(false);
    expect(viewOf(await served.ask('DELETE', `/api/v1/change-requests/${number}/approvals`, { token: anna })).approvals).toEqual([]);
  });

  it('of an owner who proposes don’t count, through whatever door', async () => {
    const made = await patch(prod, { env: { OWN: '1' } }, bert);
    const { number } = (made.body as { request: View }).request;
    expect(await approve(number, bert)).toMatchObject({ status: 403, body: { code: 'own_request' } });
    await approve(number, anna);
    expect(await merge(number, bert)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('of an earlier plan count no more, and say so', async () => {
    const { number } = await propose();
    await approve(number, anna);
    await approve(number, bert);
    expect((await show(number)).mergeable).toBe(true);
    const changed = viewOf(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: developer, json: await fileBody(`line ${(count += 1)}`) }));
    expect(changed).toMatchObject({ revision: 2, mergeable: false, approvals: [{ counts: false }, { counts: false }] });
    expect(await merge(number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect((await git('for-each-ref', '--format=%(refname)', 'refs/cameleer/requests/')).split('\n')).toContain(`refs/cameleer/requests/${number}/1`);
  });

  it('count no more when others change what stands between its lines', async () => {
    const { number } = await propose('', { env: { AAA: '1', ZZZ: '1' } });
    await approve(number, anna);
    await approve(number, bert);
    expect((await patch(prod, { env: { MMM: '1' } }, served.operator)).status).toBe(200);
    expect(await show(number)).toMatchObject({ mergeable: false, conflicts: [], approvals: [{ counts: false }, { counts: false }] });
  });

  it('count on when main moves elsewhere', async () => {
    const { number } = await propose();
    await approve(number, anna);
    await approve(number, bert);
    expect((await patch(staging, { env: { ELSEWHERE: String((count += 1)) } }, developer)).status).toBe(200);
    expect(await show(number)).toMatchObject({ mergeable: true, approvals: [{ counts: true }, { counts: true }] });
    expect((await merge(number)).status).toBe(200);
  });

  it('of who is denied, or has lost the role, don’t count', async () => {
    const gone = await served.person('usr_gone000000000001', 'initech', everywhere('owner'));
    const less = await served.person('usr_less000000000001', 'initech', everywhere('owner'));
    const { number } = await propose();
    await approve(number, gone);
    await approve(number, less);
    expect((await show(number)).mergeable).toBe(true);
    await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_gone000000000001', reason: 'Left', by: 'platform' });
    expect(await show(number)).toMatchObject({ mergeable: false, approvals: [{ person: 'usr_less000000000001', counts: true }] });
    await patch('/api/v1/tenants/initech/members/usr_less000000000001', { bindings: everywhere('developer') }, served.operator);
    expect(await show(number)).toMatchObject({ mergeable: false, approvals: [{ counts: false }] });
    expect(await merge(number)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('are not a service account’s to give', async () => {
    const { number, plan } = await propose();
    const { stores } = served.plane;
    const asked = { subject: { kind: 'serviceAccount', tenant: 'initech', name: 'ci' }, door: 'api', requestId: 'req_ci' } as const;
    await expect(approveRequest(stores, asked, { number, planHash: plan.hash })).rejects.toMatchObject({ code: 'not_authorised' });
  });

  it('are asked of an operator’s request as well, though a write of theirs needs none', async () => {
    const made = await patch(prod, { env: { OPERATOR: '1' } }, served.operator, '?request=true');
    const { number, checks } = (made.body as { request: View }).request;
    expect(checks.find(({ name }) => name === 'approved')?.state).toBe('pending');
    expect(await merge(number, served.operator)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  });

  it('are needed to weaken the policy', async () => {
    const weakened = await patch('/api/v1/tenants/initech/environments/prod', { approval: { approvers: { count: 1 } } }, anna);
    expect(weakened.status).toBe(202);
    expect(states((weakened.body as { request: View }).request)['approved']).toBe('pending');
  });
});

/** The deployment's whole file with one variable set. */
async function fileBody(line: string): Promise<object> {
  const { text, headers } = await served.ask('GET', prod, { token: developer, headers: { Accept: 'application/yaml' } });
  const document = parseDocument(text);
  document.setIn(['spec', 'env', 'LINE'], line);
  const etag = (headers.get('etag') ?? '').replaceAll('"', '');
  return { title: 'Change claims in prod', files: [{ path: 'tenants/in/initech/environments/prod/apps/claims.yaml', text: document.toString(), etag }] };
}

describe('a request that is asked for', () => {
  it('is made of any write and merged without approval where none is needed, keeping the comments of both', async () => {
    const path = '/api/v1/tenants/initech/apps/claims';
    const made = await served.ask('PATCH', `${path}?request=true`, { token: anna, json: { spec: { displayName: 'Our claims' } }, headers: { 'If-Match': (await served.ask('GET', path)).headers.get('etag') ?? '' } });
    expect(made).toMatchObject({ status: 202, body: { request: { mergeable: true } } });
    const { number } = (made.body as { request: View }).request;
    expect(made.headers.get('location')).toBe(`/api/v1/change-requests/${number}`);
    const merged = await merge(number, anna);
    expect(merged).toMatchObject({ status: 200, body: { status: 'merged' } });
    expect(await served.ask('GET', path)).toMatchObject({ body: { object: { spec: { displayName: 'Our claims' } } } });
  });

  it('of several files is one commit, and says which fields conflict when others change them', async () => {
    const body = await fileBody('conflict');
    const opened = await served.ask('POST', '/api/v1/tenants/initech/change-requests', { token: developer, json: { ...body, title: 'Set LINE', description: 'Because of claim 7.' } });
    expect(opened).toMatchObject({ status: 201, body: { title: 'Set LINE', description: 'Because of claim 7.' } });
    const { number } = viewOf(opened);
    await patch(prod, { env: { LINE: 'theirs' } }, served.operator);
    const stale = await show(number);
    expect(states(stale)).toEqual({ up_to_date: 'failed', valid: 'pending', within_limits: 'pending', isolated: 'pending', authorised: 'pending', approved: 'pending' });
    const field = { pointer: '/spec/env/LINE', theirs: 'theirs', mine: 'conflict' };
    expect(stale).toMatchObject({ conflicts: [{ path: 'tenants/in/initech/environments/prod/apps/claims.yaml', fields: [field] }] });
    expect(await approve(number, anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'request_conflict' } });
    expect(await merge(number)).toMatchObject({ status: 409, body: { code: 'request_conflict', conflicts: [{ fields: [field] }] } });
    const updated = await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: developer, json: await fileBody('mine after all') });
    expect(viewOf(updated)).toMatchObject({ revision: 2, conflicts: [] });
    expect(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: anna })).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
  });

  it('is refused when it would be invalid, changes nothing, or is not the caller’s to make', async () => {
    expect(await patch(prod, { release: 'v99' }, developer)).toMatchObject({ status: 422, body: { code: 'invalid' } });
    const { number } = await propose();
    expect(await patch(staging, {}, developer, '?request=true')).toMatchObject({ status: 409, body: { code: 'nothing_to_request' } });
    // What is refused takes no number, nor does what is asked again.
    expect((await propose()).number).toBe(number + 1);
    expect(await patch('/api/v1/tenants/initech/settings', { displayName: 'X' }, developer, '?request=true')).toMatchObject({ status: 403 });
    const open = (await served.ask('GET', '/api/v1/change-requests?status=open')).body['requests'] as { branch: string }[];
    expect((await git('for-each-ref', '--format=%(refname:short)', 'refs/heads/requests/')).split('\n').toSorted()).toEqual(open.map(({ branch }) => branch).toSorted());
  });

  it('is made in a freeze, and merged after it', async () => {
    expect((await upload(served, 'initech/claims', '4.17.0')).status).toBe(201);
    expect((await served.ask('POST', `${dev}/deployments`, { token: developer, json: { release: 'v2' } })).status).toBe(200);
    const window = { from: '2020-01-01T00:00:00Z', until: '2999-01-01T00:00:00Z', reason: 'Holidays.' };
    const environment = '/api/v1/tenants/initech/environments/staging';
    expect((await patch(environment, { freezes: [window] }, served.operator)).status).toBe(200);
    expect(await served.ask('POST', `${staging}/deployments`, { token: developer, json: { release: 'v2' } })).toMatchObject({ status: 422, body: { code: 'invalid' } });
    const made = await served.ask('POST', `${staging}/deployments?request=true`, { token: developer, json: { release: 'v2' } });
    expect(made.status).toBe(202);
    const { request } = made.body as { request: View };
    expect(states(request)).toMatchObject({ valid: 'failed', within_limits: 'passed', isolated: 'pending' });
    expect(await merge(request.number)).toMatchObject({ status: 422, body: { code: 'invalid', problems: [{ code: 'environment_frozen' }] } });
    expect((await patch(environment, { freezes: null }, served.operator)).status).toBe(200);
    expect(await merge(request.number)).toMatchObject({ status: 200, body: { status: 'merged' } });
  });

  it('does not merge by itself for somebody who is denied; a person may', async () => {
    const leaver = await served.person('usr_leaver0000000001', 'initech', everywhere('developer'));
    const made = await patch(prod, { env: { LEAVER: 'x' } }, leaver, '?autoMerge=true');
    const { number } = (made.body as { request: View }).request;
    await approve(number, anna);
    await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_leaver0000000001', reason: 'Left', by: 'platform' });
    expect(viewOf(await approve(number, bert))).toMatchObject({ status: 'open', mergeable: true });
    expect(viewOf(await merge(number))).toMatchObject({ status: 'merged' });
  });

  it('merges by itself once the last approval is there, when that was asked for', async () => {
    const { number } = await propose('?autoMerge=true');
    expect(viewOf(await approve(number, anna)).status).toBe('open');
    expect(viewOf(await approve(number, bert))).toMatchObject({ status: 'merged', settledBy: 'usr_developer0000001' });
    expect(await git('log', '-1', '--format=%(trailers:key=Change-Request,valueonly)', 'main')).toBe(String(number));
  });

  it('is refused to who has too many open', async () => {
    const eager = await served.person('usr_eager00000000001', 'initech', everywhere('admin'));
    await served.plane.stores.ledger.query(
      `insert into change_requests (number, tenant, title, author, request_id, status, commit, created_at, updated_at)
       select 100000 + number, 'initech', 'Many', 'usr_eager00000000001', 'req-' || number, 'open', repeat('0', 40), now(), now() from generate_series(1, 200) as number`,
    );
    expect(await patch(prod, { env: { EAGER: '1' } }, eager)).toMatchObject({ status: 409, body: { code: 'requests_over_limit' } });
    await served.plane.stores.ledger.query("delete from change_requests where author = 'usr_eager00000000001'");
  });

  it('answers a dry run of a write that needs approval with the whole plan', async () => {
    const planned = await patch(prod, { env: { DRY: '1' } }, developer, '?dryRun=true');
    expect(planned).toMatchObject({ status: 200, body: { plan: { summary: { objects: { modified: 1 } }, problems: expect.not.arrayContaining([expect.objectContaining({ severity: 'error' })]) }, approvals: [{ tenant: 'initech', environment: 'prod', count: 2 }] } });
    expect((await patch(staging, { env: { DRY: '1' } }, developer, '?dryRun=true')).body).not.toHaveProperty('approvals');
  });
});

describe('merging', () => {
  async function ready(): Promise<View> {
    const { number } = await propose();
    await approve(number, anna);
    return viewOf(await approve(number, bert));
  }

  it('twice at once, and again under the same key, makes one commit', async () => {
    const { number } = await ready();
    const key = { 'Idempotency-Key': `merge-${number}` };
    const [first, second] = await Promise.all([merge(number, anna), merge(number, bert)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(viewOf(first).mergedCommit).toBe(viewOf(second).mergedCommit);
    const [again, repeated] = [await merge(number, developer, key), await merge(number, developer, key)];
    expect(viewOf(again)).toEqual(viewOf(repeated));
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect((await git('log', '--format=%H', `--grep=^Change-Request: ${number}$`, 'main')).split('\n')).toHaveLength(1);
  });

  it('does not make again what was reverted since it was merged', async () => {
    const request = await ready();
    const merged = viewOf(await merge(request.number));
    const { ledger, engine } = served.plane.stores;
    expect(await served.ask('POST', '/api/v1/tenants/initech/reverts', { json: { commit: merged.mergedCommit } })).toMatchObject({ status: 200 });
    // As if the process had died before the ledger knew.
    await ledger.query("update change_requests set status = 'open', merged_commit = null where number = $1", [request.number]);
    const head = engine.head().commit;
    expect(viewOf(await merge(request.number))).toMatchObject({ status: 'merged', mergedCommit: merged.mergedCommit });
    expect(engine.head().commit).toBe(head);
  });

  it('needs the right to make the change', async () => {
    const viewer = await served.person('usr_viewer0000000001', 'initech', everywhere('viewer'));
    const { number } = await ready();
    expect(await merge(number, viewer)).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
    const stranger = await served.person('usr_stranger00000001');
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`, { token: stranger })).status).toBe(404);
    expect((await merge(number, stranger)).status).toBe(404);
    expect((await served.ask('GET', '/api/v1/change-requests', { token: developer })).status).toBe(403);
  });

  it('puts back a branch that was deleted or moved by hand', async () => {
    const { number, commit } = await ready();
    await git('update-ref', '-d', `refs/heads/requests/${number}`);
    expect(await show(number)).toMatchObject({ mergeable: true, commit });
    await git('update-ref', `refs/heads/requests/${number}`, await git('rev-parse', 'main'));
    expect(await show(number)).toMatchObject({ mergeable: true, commit });
    expect(await merge(number)).toMatchObject({ status: 200, body: { status: 'merged' } });
    expect(await git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
    expect(await git('rev-parse', `refs/cameleer/requests/${number}/1`)).toBe(commit);
  });
});

describe('a closed request', () => {
  it('is neither approved nor merged until it is opened again, by its author with the ETag that was read', async () => {
    const { number, etag } = await propose();
    const close = (token: string, status: string, of: string) => served.ask('PATCH', `/api/v1/change-requests/${number}`, { token, json: { status }, headers: { 'If-Match': `"${of}"` } });
    expect(await close(support, 'closed', etag)).toMatchObject({ status: 403 });
    expect(await close(developer, 'closed', '0'.repeat(64))).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    const closed = viewOf(await close(developer, 'closed', etag));
    expect(closed).toMatchObject({ status: 'closed', checks: [] });
    expect(await git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
    expect(await merge(number)).toMatchObject({ status: 409, body: { code: 'request_settled' } });
    expect(await approve(number, anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'request_settled' } });
    expect(viewOf(await close(developer, 'open', closed.etag))).toMatchObject({ status: 'open' });
    expect(await git('rev-parse', `requests/${number}`)).toBe(closed.commit);
  });
});

describe('a push to refs/for/main', () => {
  it('opens a request of all that its commits change; nothing of it reaches main', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cameleer-for-main-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const url = new URL(`${served.server.url}/git/state.git`);
    url.username = 'me';
    url.password = served.operator;
    const here = async (...args: string[]) => runStockGit(folder, args);
    expect((await here('clone', '--quiet', url.href, '.')).status).toBe(0);
    const head = await git('rev-parse', 'main');
    for (const name of ['One', 'Two']) {
      const path = join(folder, 'tenants/gl/globex/settings.yaml');
      writeFileSync(path, readFileSync(path, 'utf8').replace(/displayName: .*/, `displayName: ${name}`));
      await here('-c', 'user.name=o', '-c', 'user.email=o@globex.example', 'commit', '--quiet', '-a', '-m', `Call globex ${name}`, '-m', 'It is time.');
    }
    const pushed = await here('push', 'origin', 'HEAD:refs/for/main');
    expect(pushed).toMatchObject({ status: 0 });
    const [, number] = /Change request (\d+): Call globex Two/.exec(pushed.err) ?? [];
    expect(await git('rev-parse', 'main')).toBe(head);
    const request = await show(Number(number), served.operator);
    expect(request).toMatchObject({ tenant: 'globex', title: 'Call globex Two', description: 'It is time.', mergeable: true, plan: { objects: [{ fields: [{ pointer: '/spec/displayName', after: 'Two' }] }] } });
    expect(await git('rev-list', '--count', `${head}..requests/${number}`)).toBe('1');
    expect(await merge(Number(number), served.operator)).toMatchObject({ status: 200, body: { status: 'merged' } });
    await here('fetch', '--quiet');
    await here('reset', '--quiet', '--hard', 'origin/main');
    const invalid = join(folder, 'tenants/gl/globex/settings.yaml');
    writeFileSync(invalid, 'spec: [');
    await here('-c', 'user.name=o', '-c', 'user.email=o@globex.example', 'commit', '--quiet', '-a', '-m', 'Break it');
    const refused = await here('push', 'origin', 'HEAD:refs/for/main');
    expect(refused.status).not.toBe(0);
    expect(refused.err).toMatch(/settings\.yaml:\d+:\d+/);
  });
});

describe('a process that died', () => {
  const requester = { subject: { kind: 'person', id: 'usr_developer0000001' }, door: 'api' } as const;

  it('between the commit of a merge and the ledger: the next start finds it by its trailer', async () => {
    const { stores } = served.plane;
    const { number } = await propose();
    await approve(number, anna);
    await approve(number, bert);
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
    expect(await show(number)).toMatchObject({ status: 'open' });
    await reconcileRequests(stores);
    await reconcileAudit(stores);
    const commit = await git('rev-parse', 'main');
    expect(await show(number)).toMatchObject({ status: 'merged', mergedCommit: commit });
    expect((await listAudit(stores.ledger, { chain: 'initech', limit: 1000 })).find((event) => event.requestId === 'req_died' && event.phase === 'done')).toMatchObject({ action: 'request.merge', commit });
    expect(await git('for-each-ref', `refs/heads/requests/${number}`)).toBe('');
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
    expect(await show(made.number)).toMatchObject({ status: 'open', commit, mergeable: true });
    expect(await findChangeRequest(ledger, lost.number)).toBeUndefined();
    expect(await findChangeRequest(ledger, fresh.number)).toMatchObject({ status: 'opening' });
  });
});

it('lists by pages, newest first, and everything is in the audit', async () => {
  const first = await served.ask('GET', '/api/v1/tenants/initech/change-requests?limit=2', { token: developer });
  const numbers = (reply: Reply) => (reply.body['requests'] as { number: number }[]).map(({ number }) => number);
  expect(await served.ask('GET', '/api/v1/tenants/initech/change-requests?before=2147483648', { token: developer })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  const second = await served.ask('GET', `/api/v1/tenants/initech/change-requests?limit=2&before=${String(first.body['next'])}`, { token: developer });
  expect([...numbers(first), ...numbers(second)]).toEqual([...numbers(first), ...numbers(second)].toSorted((a, b) => b - a));
  const merged = await served.ask('GET', '/api/v1/tenants/initech/change-requests?status=merged', { token: developer });
  expect(new Set((merged.body['requests'] as { status: string }[]).map(({ status }) => status))).toEqual(new Set(['merged']));
  const audit = await listAudit(served.plane.stores.ledger, { chain: 'initech', limit: 1000 });
  const events = new Set(audit.map(({ action, phase }) => `${action} ${phase}`));
  for (const event of ['request.open intended', 'request.open done', 'request.approve noted', 'request.withdraw noted', 'request.merge intended', 'request.merge done', 'request.merge failed', 'request.update done', 'request.close noted', 'request.reopen noted']) expect(events).toContain(event);
});
