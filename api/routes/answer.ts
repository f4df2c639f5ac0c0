import type { Plan, WriteResult } from '../../engine/index.ts';
import type { ChangeRequest, Outcome } from '../../workflows/index.ts';
import type { Answer } from '../http/route.ts';

export interface WriteLinks {
  readonly tenant?: string;
  readonly environment?: string;
  readonly application?: string;
}

/** The answer of a write, the change request that it became, or the plan of one that was only asked about. `more` is added to each. */
export function writeAnswerOf(outcome: Outcome, about: WriteLinks, options: { readonly created?: boolean; readonly more?: Readonly<Record<string, unknown>> } = {}): Answer {
  const { more = {}, created = false } = options;
  if (outcome.kind === 'planned') return { status: 200, json: { ...more, plan: planJson(outcome.plan), ...(outcome.approvals.length === 0 ? {} : { approvals: outcome.approvals }) } };
  if (outcome.kind === 'requested') return { status: 202, json: { ...more, request: requestJson(outcome.request) }, headers: { Location: requestPath(outcome.request.number) } };
  const { commit, base, changed, etags } = outcome.result;
  const objects = [...etags].map(([path, etag]) => ({ path, etag }));
  const [only] = objects;
  const etag = objects.length === 1 && typeof only?.etag === 'string' ? { headers: { ETag: `"${only.etag}"` } } : {};
  return { status: created ? 201 : 200, json: { ...more, commit, base, changed, objects, ...planOf(outcome.result), links: { ...linksOf(about, changed), ...restOf(outcome.result.plan) } }, ...etag };
}

export function requestPath(number: number): string {
  return `/api/v1/change-requests/${number}`;
}

/** Fields without a value are left out. */
export function requestJson(request: ChangeRequest): unknown {
  return JSON.parse(JSON.stringify(request)) as unknown;
}

/** A plan as JSON; fields without a value are left out. */
export function planJson(plan: Plan): unknown {
  return JSON.parse(JSON.stringify(plan)) as unknown;
}

function planOf({ plan, planMissing }: WriteResult): object {
  return plan === undefined ? { planMissing } : { plan: planJson(plan) };
}

/** Of a change of many tenants the answer shows the whole in numbers and a first page; this leads to the next. */
function restOf({ base, head, next }: Partial<Plan> = {}): Readonly<Record<string, string>> {
  return next === undefined || base === undefined || head === undefined ? {} : { plan: `/api/v1/plan?${new URLSearchParams({ base, head, cursor: next }).toString()}` };
}

function linksOf({ tenant, environment, application }: WriteLinks, changed: boolean): Readonly<Record<string, string>> {
  if (tenant === undefined) return { history: '/api/v1/history', ...(changed ? { revert: '/api/v1/reverts' } : {}) };
  const root = `/api/v1/tenants/${tenant}`;
  const filter = new URLSearchParams({ ...(environment === undefined ? {} : { environment }), ...(application === undefined ? {} : { application }) }).toString();
  return {
    history: `${root}/history${filter === '' ? '' : `?${filter}`}`,
    ...(environment === undefined || application === undefined ? {} : { proof: `${root}/environments/${environment}/apps/${application}/proof` }),
    ...(changed ? { revert: `${root}/reverts` } : {}),
  };
}
