import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Route } from './route.ts';

const limit = 1024 * 1024;

/** The media type without its parameters, in lower case; `undefined` without a body. */
function contentTypeOf(request: IncomingMessage): string | undefined {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return hasBody ? (type ?? '') : undefined;
}

/** Reads the body as the route declares it. Errors: `unsupported_media_type`, `body_too_large`, `invalid_json`, `invalid_request`. */
export async function readBody(route: Route, request: IncomingMessage): Promise<{ readonly type: string | undefined; readonly value: unknown }> {
  const type = contentTypeOf(request);
  if (type === undefined) {
    if (route.body?.required === true && !takesStream(route)) throw new ApiError('invalid_request', 'This request needs a body.', { problems: [{ pointer: '/body', message: 'missing' }] });
    return { type, value: undefined };
  }
  const form = route.body?.types[type];
  if (form === undefined) {
    const allowed = Object.keys(route.body?.types ?? {});
    throw new ApiError('unsupported_media_type', allowed.length === 0 ? 'This request takes no body.' : `Send the body as ${allowed.join(' or ')}.`);
  }
  if (form === 'stream') return { type, value: undefined };
  const text = await readText(request);
  return { type, value: form === 'text' ? text : parseJson(text) };
}

/** Whether the handler reads the body itself. */
export function takesStream(route: Route): boolean {
  return Object.values(route.body?.types ?? {}).includes('stream');
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new ApiError('body_too_large', 'The body is over 1 MiB, which no object may be.');
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ApiError('invalid_request', 'The body is not UTF-8.', { problems: [{ pointer: '/body', message: 'not UTF-8' }] });
  }
}

/** What may be half of a pair of UTF-16, which JSON can escape and no file can hold. */
const surrogate = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, ...(surrogate.test(text) ? [onlyWhole] : [])) as unknown;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('invalid_json', `The body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function onlyWhole(name: string, value: unknown): unknown {
  for (const part of [name, value]) {
    if (typeof part === 'string' && !part.isWellFormed()) throw new ApiError('invalid_json', 'The body holds half of a pair of UTF-16 (`\\ud800` to `\\udfff` alone), which is no character. Remove it, or write the pair.');
  }
  return value;
}
