import type { IncomingMessage } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ApiError } from '../errors.ts';
import { bodyStream } from '../http/unread.ts';

export interface GitBody extends AsyncIterable<Uint8Array> {
  /** Gives up what has not been read. The connection stays as it is. */
  destroy(): void;
}

/**
 * The body of a Git request, unpacked when the client has packed it, at most `bytes` long: reading on throws `body_too_large`,
 * and `invalid_request` for what is not gzip, or has not come whole after `milliseconds`. Until then a body that is neither read
 * to its end nor destroyed is kept, and the process with it.
 */
export function gitBody(request: IncomingMessage, { type, bytes, milliseconds }: { readonly type: string; readonly bytes: number; readonly milliseconds?: number }): GitBody {
  if (request.headers['content-type'] !== type) throw new ApiError('unsupported_media_type', `Send the body as ${type}.`);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) throw new ApiError('unsupported_media_type', 'The body may be packed with gzip only.');
  let left = bytes;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new ApiError('body_too_large', `The request is over ${bytes} bytes.`));
      else done(null, chunk);
    },
  });
  // Whoever reads learns of a failure; when nobody does, it is not the process's.
  limit.on('error', () => {});
  if (milliseconds !== undefined) endAfter(limit, milliseconds);
  const body = bodyStream(request);
  if (encoding === 'identity') pipeline(body, limit, () => {});
  else pipeline(body, createGunzip(), limit, () => {});
  return limit;
}

function endAfter(body: Transform, milliseconds: number): void {
  const late = () => body.destroy(new ApiError('invalid_request', `The request has not come whole within ${milliseconds / 1000} s.`));
  const timer = setTimeout(late, milliseconds);
  for (const event of ['end', 'close']) body.once(event, () => clearTimeout(timer));
}

/** Whether an error is the client's: its connection ended, or what it packed can't be unpacked. */
export function isBadBody(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && (error.code.startsWith('Z_') || ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(error.code));
}
