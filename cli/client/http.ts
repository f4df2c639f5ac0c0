import { request as requestHttp, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../errors.ts';
import type { ProblemAnswer } from './answers.ts';
import { ApiError } from './api-error.ts';
import { parseEvents, type ServerEvent } from './sse.ts';

export interface Answer<T> {
  readonly status: number;
  readonly etag?: string;
  readonly body: T;
}

export interface RequestOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with its length in bytes; instead of `body`. */
  readonly stream?: { readonly content: Readable; readonly size: number; readonly mediaType: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Client {
  readonly url: string;
  /** Throws an `ApiError` for an answer that is an error, a `CliError` when none can be had. */
  request<T>(method: Method, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** The body as text, whatever its type. */
  text(path: string, options?: RequestOptions): Promise<string>;
  /** Ends when the server ends the stream; throws like `request`. */
  events(path: string, options?: RequestOptions): AsyncIterable<ServerEvent>;
}

export interface ClientOptions {
  /** Origin, without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  /** Makes the `Idempotency-Key` of a POST. */
  newId(): string;
}

/** A client of the HTTP API. A POST is sent with an `Idempotency-Key`, and once more when its connection breaks unanswered. */
export function openClient(options: ClientOptions): Client {
  const exchange = (method: Method, path: string, request: RequestOptions): Promise<IncomingMessage> => send(options, method, path, request);
  return {
    url: options.url,
    async request<T>(method: Method, path: string, request: RequestOptions = {}): Promise<Answer<T>> {
      const headers = method === 'POST' ? { 'Idempotency-Key': options.newId(), ...request.headers } : { ...request.headers };
      const message = await exchangeOnceMore(() => exchange(method, path, { ...request, headers }), request.stream === undefined);
      const text = await bodyOf(message, options.url);
      const etag = message.headers.etag;
      return { status: message.statusCode ?? 0, ...(etag === undefined ? {} : { etag }), body: (text === '' ? undefined : parseJson(text, message)) as T };
    },
    async text(path, request = {}) {
      return bodyOf(await exchange('GET', path, request), options.url);
    },
    async *events(path, request = {}) {
      const message = await exchange('GET', path, { ...request, headers: { Accept: 'text/event-stream', ...request.headers } });
      await refuseErrors(message, options.url);
      try {
        yield* parseEvents(message);
      } catch (error) {
        throw options.signal.aborted ? interrupted(error as Error) : unreachable(options.url, error as Error);
      }
    },
  };
}

async function exchangeOnceMore(exchange: () => Promise<IncomingMessage>, repeatable: boolean): Promise<IncomingMessage> {
  try {
    return await exchange();
  } catch (error) {
    const broken = error instanceof CliError && (error.cause as { code?: string } | undefined)?.code === 'ECONNRESET';
    if (!repeatable || !broken) throw error;
    return exchange();
  }
}

function send(client: ClientOptions, method: Method, path: string, request: RequestOptions): Promise<IncomingMessage> {
  const address = new URL(client.url + path);
  for (const [key, value] of Object.entries(request.query ?? {})) if (value !== undefined) address.searchParams.set(key, String(value));
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const open = address.protocol === 'https:' ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = open(address, { method, headers: headersOf(client, request, body), signal: client.signal });
  outgoing.on('response', resolve);
  // An answer that came before the connection broke stands: `resolve` was called first.
  outgoing.on('error', (error) => {
    reject(client.signal.aborted ? interrupted(error) : unreachable(client.url, error));
  });
  if (request.stream === undefined) outgoing.end(body);
  else sendStream(request.stream.content, outgoing, reject);
  return promise;
}

function sendStream(content: Readable, outgoing: ClientRequest, reject: (error: unknown) => void): void {
  content.on('error', (error) => {
    reject(new CliError('file_not_readable', `The file could not be read to its end: ${error.message}.`, { next: 'check the file and the disk, then run the command again', cause: error }));
    outgoing.destroy();
  });
  // The request's own `error` handler reports a broken connection.
  pipeline(content, outgoing).catch(() => content.destroy());
}

function headersOf(client: ClientOptions, request: RequestOptions, body: Buffer | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { Accept: 'application/json', 'User-Agent': 'cameleer-cli', 'Cameleer-Door': 'cli' };
  if (client.token !== undefined) headers['Authorization'] = `Bearer ${client.token}`;
  if (body !== undefined) Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  if (request.stream !== undefined) Object.assign(headers, { 'Content-Type': request.stream.mediaType, 'Content-Length': request.stream.size });
  return Object.assign(headers, request.headers);
}

async function readAll(message: IncomingMessage, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk as Uint8Array);
  } catch (error) {
    throw unreachable(url, error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function bodyOf(message: IncomingMessage, url: string): Promise<string> {
  await refuseErrors(message, url);
  return readAll(message, url);
}

async function refuseErrors(message: IncomingMessage, url: string): Promise<void> {
  const status = message.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  const text = await readAll(message, url);
  let problem: ProblemAnswer = {};
  try {
    problem = JSON.parse(text) as ProblemAnswer;
  } catch {
    problem = { title: `${url} answered ${status} with something that is not JSON.` };
  }
  throw new ApiError(status, problem);
}

function parseJson(text: string, message: IncomingMessage): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError('bad_answer', `The answer (${message.statusCode ?? 0}) is not JSON.`, { next: 'check that the address is that of a Cameleer control plane', cause: error });
  }
}

function interrupted(cause: Error): CliError {
  return new CliError('interrupted', 'Interrupted.', { next: 'what the control plane had already accepted goes on; see `cameleer history`', cause });
}

const broken = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

function unreachable(url: string, cause: Error & { code?: string }): CliError {
  // There was a connection, so something listens: it was stopped, or it refused an upload before its end.
  if (broken.has(cause.code ?? '')) {
    return new CliError('connection_lost', `The control plane at ${url} ended the connection before it answered (${cause.code}).`, {
      next: 'see what became of it with `cameleer history TENANT`, and run the command again; if that does not help, read the control plane’s log',
      cause,
    });
  }
  const local = isLoopback(new URL(url).hostname);
  return new CliError('not_reachable', `No control plane answers at ${url} (${cause.code ?? cause.message}).`, {
    next: local ? 'start one with `npm start`, or name another with --url or CAMELEER_URL' : 'check the address (--url, CAMELEER_URL) and the network',
    cause,
  });
}

/** Whether the host of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
