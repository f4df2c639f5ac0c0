import { decide, isAuditor, isOperator, type Subject } from '../../access/index.ts';
import type { TenantState } from '../../schemas/index.ts';
import { platformNotices, summary, tenantsOf, type Stores } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { tenants as schema, tenantSummary } from '../schemas/answers.ts';
import { atQuery, pastOf } from './time.ts';

const pageSize = 100;

export const listTenants: Route = {
  method: 'get', path: '/api/v1/tenants', operation: 'listTenants', summary: 'The tenants that the caller may read, in name order.', access: 'signed-in',
  query: { limit: { type: 'integer', minimum: 1, maximum: 1000 }, after: { type: 'string', maxLength: 20, description: 'Cursor: the last name of the page before.' }, ...atQuery },
  responses: { 200: schema },
  handle: async (request) => {
    const { stores, caller, query } = request;
    const past = await pastOf(request);
    const state = past ?? stores.engine;
    const quarantined = past?.quarantines ?? stores.engine.head().quarantines;
    const limit = Number(query['limit'] ?? pageSize);
    const after = String(query['after'] ?? '');
    const notices = platformNotices(stores, caller.subject);
    const found: TenantEntry[] = [];
    for (const id of await candidates(stores, caller.subject, state.tenantIds())) {
      if (id <= after) continue;
      const [tenant, now] = [await state.tenant(id), await stores.engine.tenant(id)];
      // What was is read by whoever may read what is.
      if (tenant === undefined || !decide(stores.engine.platform(), now, { subject: caller.subject, tenant: id, action: 'tenant.read' }).allowed) continue;
      if (found.length === limit) return { status: 200, json: { tenants: found, next: found.at(-1)?.tenant, notices } };
      found.push(entryOf(tenant, quarantined.has(id)));
    }
    return { status: 200, json: { tenants: found, notices } };
  },
};

/** Those of the tenants that the subject may be able to read: to decide it, a tenant is loaded. */
async function candidates(stores: Stores, subject: Subject, ids: readonly string[]): Promise<readonly string[]> {
  if ([isOperator, isAuditor].some((is) => is(stores.engine.platform(), subject))) return ids;
  const bound = new Set(await tenantsOf(stores, subject));
  return ids.filter((id) => bound.has(id));
}

interface TenantEntry {
  readonly tenant: string;
  readonly displayName: string;
  readonly tier?: string;
  readonly lifecycle?: string;
  readonly quarantined: boolean;
}

function entryOf({ id, tenant, settings }: TenantState, quarantined: boolean): TenantEntry {
  const spec = tenant?.object.spec;
  return { tenant: id, displayName: settings?.object.spec.displayName ?? id, ...(spec === undefined ? {} : { tier: spec.tier, lifecycle: spec.lifecycle }), quarantined };
}

export const getTenant: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}', operation: 'getTenantSummary', summary: 'One tenant at a glance: environments, the applications that the caller may read, what runs and how it does.', access: { action: 'tenant.read' }, query: atQuery,
  responses: { 200: tenantSummary },
  handle: async (request) => ({ status: 200, json: await summary(request.stores, request.caller.subject, request.param('tenant'), await pastOf(request)) }),
};
