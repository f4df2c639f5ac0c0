import type { HistoryEntry, HistoryFilter } from '../../engine/index.ts';
import { refOfPath, tenantDirectory, type ObjectRef } from '../../schemas/index.ts';
import { defined, heldNotices, tenantReader } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import { periodOf } from './time.ts';
import { auditRecords, history as schema } from '../schemas/answers.ts';

const commit = { type: 'string', pattern: '^[0-9a-f]{7,64}$' } as const;

const time = { type: 'string', maxLength: 40, description: 'RFC 3339, such as 2026-11-20T12:00:00Z.' } as const;
const paging = {
  actor: { type: 'string', maxLength: 200, description: 'Author: usr_…, TENANT/SERVICE-ACCOUNT, or the name that a pushed commit gives.' },
  action: { type: 'string', maxLength: 100, description: 'Such as app.deploy.' },
  from: { ...time, description: 'At or after this time (RFC 3339).' },
  to: { ...time, description: 'Before this time (RFC 3339).' },
  limit: { type: 'integer', minimum: 1, maximum: 200 },
  before: { ...commit, description: 'Cursor: `next` of the page before.' },
} as const;

export const getHistory: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}/history', operation: 'getHistory', summary: 'Commits about a tenant, an environment, an application or an object, newest first.',
  access: { action: 'tenant.read' },
  query: {
    environment: { type: 'string', maxLength: 20 },
    application: { type: 'string', maxLength: 40 },
    path: { type: 'string', maxLength: 300, description: 'One object: its path in the state below the tenant, such as environments/prod/apps/orders.yaml.' },
    ...paging,
  },
  responses: { 200: schema },
  handle: async (request) => {
    const { environment, application, path } = texts(request.query);
    const tenant = request.param('tenant');
    const place = defined({ environment, application });
    const found = await page(request, path === undefined ? { tenant, ...place } : { ref: objectAt(`${tenantDirectory(tenant)}/${path}`) });
    const state = await request.stores.engine.tenant(tenant);
    return { status: 200, json: { ...found, notices: state === undefined ? [] : heldNotices(state, place, request.stores.now()) } };
  },
};

export const getPlatformHistory: Route = {
  method: 'get', path: '/api/v1/history', operation: 'getPlatformHistory', summary: 'Commits of the whole state, newest first.', access: 'auditor',
  query: { path: { type: 'string', maxLength: 300, description: 'One object: its path in the state, such as platform.yaml.' }, ...paging },
  responses: { 200: schema },
  handle: async (request) => {
    const { path } = texts(request.query);
    const found = await page(request, path === undefined ? {} : { ref: objectAt(path) });
    return { status: 200, json: { ...found, notices: [] } };
  },
};

type Texts = Readonly<Record<string, string | undefined>>;

function texts(query: ApiRequest['query']): Texts {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => typeof value === 'string')) as Texts;
}

export const getAuditRecords: Route = {
  method: 'get', path: '/api/v1/audit/records', operation: 'getAuditRecords', summary: 'Commits of the whole state for an auditor, newest first: what changed, who vouches for it, what the checks came to.', access: 'auditor',
  query: paging, responses: { 200: auditRecords }, handle: async (request) => ({ status: 200, json: await records(request, {}) }),
};

export const getTenantAuditRecords: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}/audit/records', operation: 'getTenantAuditRecords', summary: 'The same of one tenant.', access: { action: 'audit.read' },
  query: paging, responses: { 200: auditRecords }, handle: async (request) => ({ status: 200, json: await records(request, { tenant: request.param('tenant') }) }),
};

async function records(request: ApiRequest, place: HistoryFilter): Promise<unknown> {
  const { filter, limit } = filterOf(request, place);
  const found = await request.stores.engine.auditRecords({ ...filter, limit }, readerOf(request, place));
  // A page that is full may be the last one; then the next is empty.
  const more = found.length < limit ? undefined : found.at(-1)?.commit;
  return { records: found.map(entryJson), ...(more === undefined ? {} : { next: more }) };
}

function filterOf({ query }: Pick<ApiRequest, 'query'>, place: HistoryFilter): { readonly filter: HistoryFilter; readonly limit: number } {
  const { actor, action, from, to, before } = texts(query);
  return { filter: { ...place, ...defined({ actor, action, ...periodOf({ from, to }), before }) }, limit: Number(query['limit'] ?? 20) };
}

async function page(request: ApiRequest, place: HistoryFilter): Promise<{ readonly entries: readonly unknown[]; readonly next?: string }> {
  const { filter, limit } = filterOf(request, place);
  const entries = await request.stores.engine.history({ ...filter, limit: limit + 1 }, readerOf(request, place));
  const shown = entries.slice(0, limit);
  const last = entries.length > limit ? shown.at(-1) : undefined;
  return { entries: shown.map(entryJson), ...(last === undefined ? {} : { next: last.commit }) };
}

function readerOf({ stores, caller }: ApiRequest, { tenant, ref }: HistoryFilter): string | undefined {
  return tenantReader(stores, caller.subject, tenant ?? ref?.tenant);
}

function objectAt(path: string): ObjectRef {
  const ref = refOfPath(path);
  if (ref === undefined) throw new ApiError('invalid_request', `${path} is no path of an object.`, { problems: [{ pointer: '/query/path', message: 'no path of an object' }] });
  return ref;
}

export function entryJson(entry: HistoryEntry): unknown {
  return { ...entry, trailers: Object.fromEntries(entry.trailers) };
}
