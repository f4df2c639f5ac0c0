import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { Door } from '../engine/index.ts';
import type { Stores } from '../workflows/index.ts';
import { ApiError } from './errors.ts';
import { gitServer } from './git/git-server.ts';
import { authenticate } from './http/authenticate.ts';
import { readBody, takesStream } from './http/body.ts';
import { locals } from './http/locals.ts';
import { idempotencyKeyOf, once, requestIdOf } from './http/idempotency.ts';
import { permit } from './http/permit.ts';
import { headersOf, problemOf } from './http/problem.ts';
import type { Answer, ApiRequest, Route } from './http/route.ts';
import { send } from './http/send.ts';
import { bodyStream, dropRest } from './http/unread.ts';
import { checksOf, type RequestChecks } from './http/validate.ts';

export interface AppOptions {
  readonly stores: Stores;
  readonly routes: readonly Route[];
  readonly logger: Logger;
  /** Aborted when the server closes: event streams end, everything else finishes. */
  readonly closing: AbortSignal;
  /** When this process began to answer. */
  readonly startedAt: Date;
  /** How often an event stream shows that it lives, and asks whether its reader still may read; default 15 s. */
  readonly heartbeatMilliseconds?: number;
}

/** The HTTP surface: each route of the table behind authentication, permission and validation. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((request: Request, response: Response, next: NextFunction) => observe(options, request, response, next));
  app.use('/git', gitServer({ stores: options.stores, logger: options.logger }));
  for (const route of options.routes) {
    const checks = checksOf(route);
    app[route.method](route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (request, response) => answer(options, route, checks, { request, response }));
  }
  app.use((request: Request) => {
    const methods = options.routes.filter((route) => pathMatches(route.path, request.path)).map((route) => route.method.toUpperCase());
    if (methods.length === 0) throw new ApiError('not_found', 'There is nothing at this address. /api/openapi.json describes what there is.');
    const allow = methods.join(', ');
    throw new ApiError('method_not_allowed', `${request.method} is not offered here; ${allow} is.`, { headers: { Allow: allow } });
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => refuse(options, error, { request, response, next }));
  return app;
}

function observe({ stores, logger }: AppOptions, request: Request, response: Response, next: NextFunction): void {
  const began = performance.now();
  locals(response).requestId = `req_${Buffer.from(stores.random(12)).toString('hex')}`;
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.on('close', () => {
    const { requestId, actor } = locals(response);
    logger.info({ requestId, actor, method: request.method, path: request.originalUrl.split('?')[0], status: response.statusCode, ms: Math.round(performance.now() - began), ended: response.writableFinished }, 'request');
  });
  next();
}

async function answer(options: AppOptions, route: Route, checks: RequestChecks, { request, response }: { request: Request; response: Response }): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const signal = route.method === 'get' ? AbortSignal.any([abort.signal, options.closing]) : abort.signal;
  const result = await handle(options, route, checks, { request, response, signal });
  response.setHeader('Request-Id', locals(response).requestId);
  if (request.method === 'HEAD') abort.abort();
  await send(response, result, signal, { milliseconds: options.heartbeatMilliseconds ?? 15_000, onBeat: () => {
    // A stream lasts longer than a right may: whoever is denied or loses the role is cut off at the next beat.
    askAgain(options.stores, route, request).catch(() => abort.abort());
  } });
}

/** Throws what `authenticate` and `permit` throw. */
async function askAgain(stores: Stores, { access }: Route, request: Request): Promise<void> {
  if (access !== 'public') await permit(stores, await authenticate(stores, request.headers), access, request.params as Record<string, string>);
}

async function handle({ stores, startedAt }: AppOptions, route: Route, checks: RequestChecks, { request, response, signal }: { request: Request; response: Response; signal: AbortSignal }): Promise<Answer> {
  const subject = route.access === 'public' ? { kind: 'person' as const, id: 'anonymous' } : await authenticate(stores, request.headers);
  const params = request.params as Record<string, string>;
  const target = `${request.method} ${request.originalUrl}`;
  const key = route.method === 'post' ? idempotencyKeyOf(request.headers) : undefined;
  if (key !== undefined) locals(response).requestId = requestIdOf({ subject, key, target });
  const { requestId } = locals(response);
  locals(response).actor = subject.kind === 'person' ? subject.id : `${subject.tenant}/${subject.name}`;
  checks.path(params);
  await permit(stores, subject, route.access, params);
  warnOfQuarantine(stores, params['tenant'], response);
  const query = checks.query(new URL(request.originalUrl, 'http://localhost').searchParams);
  const body = await readBody(route, request);
  checks.body(body.type ?? '', body.value);
  const described: ApiRequest = {
    stores,
    caller: { subject, door: doorOf(request), requestId, repeated: key !== undefined },
    param: (name) => {
      const value = params[name];
      if (value === undefined) throw new TypeError(`${route.path} has no {${name}}`);
      return value;
    },
    query,
    headers: request.headers,
    body: body.value,
    contentType: body.type,
    stream: takesStream(route) ? bodyStream(request) : request,
    signal,
  };
  // What a stream holds is known only when it has been read: a repeated upload is told by its bytes, not by an answer kept.
  if (key === undefined || query['dryRun'] === true || takesStream(route) || route.secretAnswer === true) return route.handle(described);
  return once(stores, { subject, key, target, body: body.value }, startedAt, async () => route.handle(described));
}

/** Every answer about a quarantined tenant says so, errors included. */
function warnOfQuarantine({ engine }: Stores, tenant: string | undefined, response: Response): void {
  const quarantine = tenant === undefined ? undefined : engine.head().quarantines.get(tenant);
  if (quarantine !== undefined) response.setHeader('Cameleer-Quarantined', quarantine.commit);
}

function doorOf(request: Request): Door {
  const door = request.headers['cameleer-door'];
  return door === 'cli' || door === 'web' ? door : 'api';
}

function refuse({ logger }: AppOptions, thrown: unknown, { request, response, next }: { request: Request; response: Response; next: NextFunction }): void {
  const { requestId } = locals(response);
  // Express decodes the address.
  const error = thrown instanceof URIError ? new ApiError('invalid_request', 'The address holds a `%` that begins no character of UTF-8. Write `%25` for the sign itself.') : thrown;
  const problem = problemOf(error, requestId);
  if (problem.code === 'internal') logger.error({ requestId, method: request.method, path: request.path, err: error }, 'a request failed');
  if (response.headersSent) {
    next(error);
    return;
  }
  const body = JSON.stringify(problem);
  // A body that was not read to its end can't be followed by another request on this connection.
  const rest = request.complete ? {} : { Connection: 'close' };
  const headers = headersOf(error);
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json', 'Content-Length': Buffer.byteLength(body), 'Request-Id': requestId, ...rest, ...headers });
  if (request.complete) {
    response.end(body);
    return;
  }
  response.write(body);
  void dropRest(request).then(() => response.end());
}

function pathMatches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`).test(path);
}
