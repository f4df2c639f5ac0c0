import { reviewPlatform, reviewTenant } from '../../access/index.ts';
import type { AccessRow } from '../../access/index.ts';
import { ApiError } from '../errors.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import { accessReview } from '../schemas/answers.ts';
import { atQuery, momentOf } from './time.ts';

const tenantsOnPage = 100;

export const getAccessReview: Route = {
  method: 'get', path: '/api/v1/audit/access', operation: 'getAccessReview', summary: 'Who may do what, or could at a time: by the roles that were in force.', access: 'auditor',
  query: {
    ...atQuery,
    tenant: { type: 'string', maxLength: 20 },
    environment: { type: 'string', maxLength: 20 },
    after: { type: 'string', maxLength: 20, description: 'Cursor: `next` of the page before.' },
  },
  responses: { 200: accessReview },
  handle: async (request) => ({ status: 200, json: await review(request) }),
};

async function review({ stores, query }: Pick<ApiRequest, 'stores' | 'query'>): Promise<unknown> {
  const { tenant, environment, after } = query as Readonly<Record<string, string | undefined>>;
  const past = await stores.engine.past(momentOf(query) ?? stores.engine.head().commit);
  const ids = past.tenantIds().filter((id) => (tenant === undefined || id === tenant) && (after === undefined || id > after));
  if (tenant !== undefined && ids.length === 0) throw new ApiError('not_found', `There was no tenant ${tenant}.`);
  const page = ids.slice(0, tenantsOnPage);
  const rows: AccessRow[] = after === undefined ? [...reviewPlatform(past.platform())] : [];
  for (const id of page) {
    const state = await past.tenant(id);
    // That nobody may do anything there would be an answer, too.
    if (tenant !== undefined && environment !== undefined && state?.environments.has(environment) === false) throw new ApiError('not_found', `There was no environment ${environment} of ${tenant}.`);
    if (state !== undefined) rows.push(...reviewTenant(past.platform(), state, environment));
  }
  return { commit: past.commit, at: past.time, rows, ...(ids.length > page.length ? { next: page.at(-1) } : {}) };
}
