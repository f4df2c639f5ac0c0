import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';

/** The blob id that `If-Match` names; `null` for `If-None-Match: *`; `undefined` when neither is given. */
export function preconditionOf(headers: IncomingHttpHeaders): string | null | undefined {
  if (headers['if-none-match'] === '*') return null;
  const header = headers['if-match'];
  if (header === undefined) return undefined;
  const etag = /^"([0-9a-f]{40,64})"$/.exec(header.trim())?.[1];
  if (etag === undefined) throw new ApiError('invalid_request', 'If-Match takes one quoted blob id, as the ETag of a GET gave it.', { problems: [{ pointer: '/header/If-Match', message: 'not a quoted blob id' }] });
  return etag;
}

/**
 * The blob id that a write of an object names. An object that is there may only be changed by who says which version:
 * throws `precondition_required`.
 */
export function requiredEtag(headers: IncomingHttpHeaders, current: string | undefined): string | null {
  const given = preconditionOf(headers);
  if (given !== undefined) return given;
  if (current === undefined) return null;
  throw new ApiError('precondition_required', 'The object exists: send the ETag that you read as If-Match, so that nobody is overwritten unseen.');
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}
