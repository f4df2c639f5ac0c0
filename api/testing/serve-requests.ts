import { expect } from 'vitest';
import { parseDocument } from 'yaml';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { serve, type Reply, type Served } from './serve.ts';
import { upload } from './upload.ts';

export const dev = '/api/v1/tenants/initech/environments/dev/apps/claims';
export const staging = '/api/v1/tenants/initech/environments/staging/apps/claims';
/** Where two others have to approve. */
export const prod = '/api/v1/tenants/initech/environments/prod/apps/claims';

/** A role in all environments. */
export const everywhere = (role: string): readonly object[] => [{ role, environments: ['*'] }];

/** What the tests read of a change request. */
export interface View {
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

export const viewOf = (reply: Reply): View => reply.body as unknown as View;
export const states = (view: View): Readonly<Record<string, string>> => Object.fromEntries(view.checks.map(({ name, state }) => [name, state]));

export interface ServedRequests extends Served {
  /** Tokens of people of initech: two developers, an admin and an owner. */
  readonly developer: string;
  readonly support: string;
  readonly anna: string;
  readonly bert: string;
  /** Runs stock git on the state repository; gives what it prints. */
  git(...args: string[]): Promise<string>;
  /** Patches an object with its current ETag. */
  patch(path: string, spec: object, token: string, query?: string): Promise<Reply>;
  /** A request of the developer's for prod, for a new variable by default. */
  propose(query?: string, spec?: object): Promise<View>;
  show(number: number, token?: string): Promise<View>;
  /** Approves the plan that is there now by default. */
  approve(number: number, token: string, planHash?: string): Promise<Reply>;
  merge(number: number, token?: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** What asks for the deployment's whole file in prod with one variable set. */
  fileBody(line: string): Promise<object>;
}

/** What `serve` gives, with claims of initech deployed everywhere, and people who ask for changes of it. */
export async function serveRequests(): Promise<ServedRequests> {
  const served = await serve();
  expect((await upload(served, 'initech/claims', '4.18.0')).status).toBe(201);
  // An operator needs nobody's approval.
  for (const place of [dev, staging, prod]) expect(await served.ask('POST', `${place}/deployments`, { json: { release: 'v1' } })).toMatchObject({ status: 200 });
  const developer = await served.person('usr_developer0000001', 'initech', everywhere('developer'));
  const anna = await served.person('usr_anna000000000001', 'initech', everywhere('admin'));
  const bert = await served.person('usr_bert000000000001', 'initech', everywhere('owner'));
  const support = await served.person('usr_support000000001', 'initech', everywhere('developer'));
  const patch: ServedRequests['patch'] = async (path, spec, token, query = '') => {
    const { headers } = await served.ask('GET', path, { token });
    return served.ask('PATCH', `${path}${query}`, { token, json: { spec }, headers: { 'If-Match': headers.get('etag') ?? '' } });
  };
  const show: ServedRequests['show'] = async (number, token = developer) => viewOf(await served.ask('GET', `/api/v1/change-requests/${number}`, { token }));
  let count = 0;
  return {
    ...served, developer, support, anna, bert, patch, show,
    async git(...args) {
      const { status, out, err } = await runStockGit(served.plane.stores.stateRepository, args);
      if (status !== 0) throw new Error(err);
      return out.trim();
    },
    async propose(query = '', spec = { env: { [`VAR_${(count += 1)}`]: 'x' } }) {
      const made = await patch(prod, spec, developer, query);
      expect(made.status).toBe(202);
      return (made.body as { request: unknown }).request as View;
    },
    approve: async (number, token, planHash) => served.ask('POST', `/api/v1/change-requests/${number}/approvals`, { token, json: { planHash: planHash ?? (await show(number)).plan.hash } }),
    merge: (number, token = developer, headers = {}) => served.ask('POST', `/api/v1/change-requests/${number}/merge`, { token, headers }),
    async fileBody(line) {
      const { text, headers } = await served.ask('GET', prod, { token: developer, headers: { Accept: 'application/yaml' } });
      const document = parseDocument(text);
      document.setIn(['spec', 'env', 'LINE'], line);
      const etag = (headers.get('etag') ?? '').replaceAll('"', '');
      return { title: 'Change claims in prod', files: [{ path: 'tenants/in/initech/environments/prod/apps/claims.yaml', text: document.toString(), etag }] };
    },
  };
}
