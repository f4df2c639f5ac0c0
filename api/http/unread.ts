import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';

const patienceMilliseconds = 2_000;
const mostBytes = 16 * 1024 * 1024;

/**
 * The body as a stream of its own: whoever gives up reading it ends this one, and not the connection, which the answer
 * needs. Fails as the request does.
 */
export function bodyStream(request: IncomingMessage): Readable {
  const body = new PassThrough();
  // Who reads it learns of a failure; when nobody does, it is not the process's.
  body.on('error', () => {});
  request.on('error', (error) => body.destroy(error));
  request.on('close', () => {
    if (!request.complete) body.destroy(Object.assign(new Error('The connection ended'), { code: 'ECONNRESET' }));
  });
  return request.pipe(body);
}

/**
 * Drops what a client still sends after its answer, until it ends or the patience does: a connection that is closed while
 * the client sends is reset, and the answer may be lost on the way. Past `mostBytes` the rest is no longer read, only waited for.
 */
export async function dropRest(request: IncomingMessage): Promise<void> {
  if (request.destroyed || request.readableEnded) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMilliseconds);
  let left = mostBytes;
  request.unpipe();
  request.on('error', () => resolve());
  request.on('close', resolve);
  request.on('end', resolve);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.pause();
  });
  request.resume();
  await promise;
  clearTimeout(timer);
}
