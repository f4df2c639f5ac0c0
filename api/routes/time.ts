import type { PastState } from '../../engine/index.ts';
import { ApiError } from '../errors.ts';
import type { ApiRequest } from '../http/route.ts';

/** Declares `?at=` on a read. */
export const atQuery = { at: { type: 'string', maxLength: 64, description: 'As of then: a time (RFC 3339), or the id of a commit of main.' } } as const;

/** The past state that a read asks for; `undefined`: the present one. Throws `invalid_request`, `not_found`. */
export async function pastOf({ stores, query }: Pick<ApiRequest, 'stores' | 'query'>): Promise<PastState | undefined> {
  const at = momentOf(query);
  return at === undefined ? undefined : stores.engine.past(at);
}

export function momentOf(query: ApiRequest['query']): Date | string | undefined {
  const { at } = query;
  if (typeof at !== 'string') return undefined;
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(at) ? at : timeOf('at', at);
}

/** `from` and `to` of a query. Throws `invalid_request`, also of a period that has no moment. */
export function periodOf({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }): { readonly from: Date | undefined; readonly to: Date | undefined } {
  const period = { from: timeOf('from', from), to: timeOf('to', to) };
  if (period.from === undefined || period.to === undefined || period.from < period.to) return period;
  throw new ApiError('invalid_request', 'from must be before to, which itself is left out.', { problems: [{ pointer: '/query/to', message: 'not after from' }] });
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A moment in a query; seconds may be left out, the zone may not. Throws `invalid_request`. */
function timeOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(rfc3339.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new ApiError('invalid_request', `${name} must be a time such as 2026-11-20T12:00:00Z.`, { problems: [{ pointer: `/query/${name}`, message: 'no time as RFC 3339 has it' }] });
}
