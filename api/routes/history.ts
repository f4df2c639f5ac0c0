import type { HistoryEntry } from '../../engine/types.ts';
import { heldNotices } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { history as schema, plan as planSchema } from '../schemas/answers.ts';
import { planJson } from './answer.ts';

/** Of a Secret only that it differs. */
const renderedQuery = { type: 'boolean', description: 'With the differences of the rendered texts.' } as const;
const commit = { type: 'string', pattern: '^[0-9a-f]{7,64}$' } as const;

export const getHistory: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}/history', operation: 'getHistory', summary: 'Commits about a tenant, an environment or an application, newest first.',
  access: { action: 'tenant.read' },
  query: {
    environment: { type: 'string', maxLength: 20 },
    application: { type: 'string', maxLength: 40 },
    limit: { type: 'integer', minimum: 1, maximum: 200 },
    before: { ...commit, description: 'Cursor: `next` of the page before.' },
  },
  responses: { 200: schema },
  handle: async ({ stores, param, query }) => {
    const { environment, application, before } = query;
    const limit = Number(query['limit'] ?? 20);
    const entries = await stores.engine.history({
      tenant: param('tenant'), limit: limit + 1,
      ...(typeof environment === 'string' ? { environment } : {}),
      ...(typeof application === 'string' ? { application } : {}),
      ...(typeof before === 'string' ? { before } : {}),
    });
    const page = entries.slice(0, limit);
    const tenant = await stores.engine.tenant(param('tenant'));
    const place = { ...(typeof environment === 'string' ? { environment } : {}), ...(typeof application === 'string' ? { application } : {}) };
    const notices = tenant === undefined ? [] : heldNotices(tenant, place, stores.now());
    return { status: 200, json: { entries: page.map(entryJson), ...(entries.length > limit ? { next: page.at(-1)?.commit } : {}), notices } };
  },
};

function entryJson(entry: HistoryEntry): unknown {
  return { ...entry, trailers: Object.fromEntries(entry.trailers) };
}

export const getPlan: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}/plan', operation: 'getPlan', summary: 'What changes between two commits, of the state and of the rendered manifests.',
  access: { action: 'tenant.read' }, query: { base: commit, head: commit, rendered: renderedQuery }, responses: { 200: planSchema },
  handle: async ({ stores, param, query }) => {
    const head = typeof query['head'] === 'string' ? query['head'] : stores.engine.head().commit;
    const base = typeof query['base'] === 'string' ? query['base'] : head;
    const plan = await stores.engine.plan(base, head, { tenant: param('tenant'), rendered: query['rendered'] === true });
    return { status: 200, json: planJson(plan) };
  },
};
