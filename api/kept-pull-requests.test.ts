import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommitStatus } from '../workflows/git-hosts/git-host.ts';
import { GitHostError, type GitHost } from '../workflows/git-hosts/index.ts';
import { keepPullRequests } from '../workflows/requests/keep-pull-requests.ts';
import { serve, type Served } from './testing/serve.ts';

let served: Served;

beforeAll(async () => {
  served = await serve();
}, 60_000);
afterAll(() => served.close());

it('keeps each pull request up to date with approvals, in a comment of its own, whatever becomes of the others', async () => {
  const bert = await served.person('usr_bert000000000001', 'initech', [{ role: 'owner', environments: ['*'] }]);
  const [first, second] = [await propose('admin'), await propose('developer')];
  const comments = new Map<number, string>();
  const statuses: CommitStatus[] = [];
  const host: GitHost = {
    async openPullRequest({ branch }) {
      if (branch === `requests/${second.number}`) throw new GitHostError('git_host_failed', 'The host has an error.');
      return { number: Number(branch.split('/')[1]), url: 'https://git.acme.example/1', state: 'open' };
    },
    pullRequest: async (number) => ({ number, url: 'https://git.acme.example/1', state: 'open' }),
    keepComment: async (number, text) => void comments.set(number, text),
    setStatus: async (_commit, status) => void statuses.push(status),
  };
  const pulls = keepPullRequests(served.plane.stores, host);
  try {
    await pulls.settled();
    expect([...comments.keys()]).toEqual([first.number]);
    expect(comments.get(first.number)).toMatch(/^<!-- cameleer:request -->\n/);
    expect(comments.get(first.number)).not.toContain('usr_bert000000000001');
    await served.ask('POST', `/api/v1/change-requests/${first.number}/approvals`, { token: bert, json: { planHash: first.plan.hash } });
    await pulls.settled();
    expect(comments.get(first.number)).toContain('&#95;bert000000000001');
    expect(statuses.length).toBe(2);
    await pulls.settled();
    expect(statuses.length).toBe(2);
  } finally {
    await pulls.close();
  }
});

it('takes the host’s word that it has merged a request, once the commit has come', async () => {
  const { number } = await propose('developer');
  const told = { mergedCommit: 'f'.repeat(40) };
  const said: number[] = [];
  const host: GitHost = {
    openPullRequest: async ({ branch, commit }) => {
      expect(commit).toMatch(/^[0-9a-f]{40}$/);
      return { number: Number(branch.split('/')[1]), url: 'https://git.acme.example/1', ...(branch === `requests/${number}` ? { state: 'merged', ...told } : { state: 'open' }) };
    },
    pullRequest: async () => Promise.reject(new GitHostError('git_host_failed', 'Nobody asks.')),
    keepComment: async (at) => void said.push(at),
    setStatus: async () => {},
  };
  const pulls = keepPullRequests(served.plane.stores, host);
  try {
    await pulls.settled();
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`)).body).toMatchObject({ status: 'open' });
    told.mergedCommit = served.plane.stores.engine.head().commit;
    await pulls.settled();
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`)).body).toMatchObject({ status: 'merged', mergedCommit: told.mergedCommit });
    expect(said).not.toContain(number);
  } finally {
    await pulls.close();
  }
});

/** Asks for a change of the production environment, which two people must agree to. */
async function propose(role: string): Promise<{ readonly number: number; readonly plan: { readonly hash: string } }> {
  const at = '/api/v1/tenants/initech/environments/prod';
  const { headers } = await served.ask('GET', at);
  const { status, body } = await served.ask('PATCH', `${at}?request=true`, { json: { spec: { approval: { required: true, approvers: { count: 1, roles: ['owner', role] } } } }, headers: { 'If-Match': headers.get('etag') ?? '' } });
  expect(status).toBe(202);
  return (body as { request: { number: number; plan: { hash: string } } }).request;
}
