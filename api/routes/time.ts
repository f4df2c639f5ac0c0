import { ApiError } from '../errors.ts';

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A moment in a query; seconds may be left out, the zone may not. Throws `invalid_request`. */
export function timeOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(rfc3339.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new ApiError('invalid_request', `${name} must be a time such as 2026-11-20T12:00:00Z.`, { problems: [{ pointer: `/query/${name}`, message: 'no time as RFC 3339 has it' }] });
}
