import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Stores } from '../workflows/index.ts';
import { createApp } from './app.ts';
import { ApiError } from './errors.ts';
import { problemOf } from './http/problem.ts';
import { routes } from './routes/index.ts';

export interface RunningServer {
  /** `http://127.0.0.1:8700` */
  readonly url: string;
  /** Takes no new request, ends event streams, lets running ones finish for `graceMilliseconds`, then ends them. */
  close(graceMilliseconds: number): Promise<void>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server that can have its port before it has anything to serve: until then it answers 503 `starting`. */
export interface ApiServer {
  /** Errors: `port_in_use`, `bad_configuration`. */
  bind(address: Address): Promise<RunningServer>;
  serve(what: { readonly stores: Stores; readonly logger: Logger }): void;
  close(graceMilliseconds: number): Promise<void>;
}

export function createApiServer(): ApiServer {
  const closing = new AbortController();
  let listener: RequestListener = refuseWhileStarting;
  const answering = new WeakSet<Duplex>();
  const server = createServer((request, response) => {
    answering.add(request.socket);
    response.once('close', () => answering.delete(request.socket));
    listener(request, response);
  });
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket, answering.has(socket)));
  // A slow upload of the largest JAR takes longer than Node's five minutes.
  server.requestTimeout = 60 * 60 * 1000;
  const close = (grace: number) => {
    closing.abort();
    return closeServer(server, grace);
  };
  return {
    close,
    async bind({ host, port }) {
      await listen(server, host, port);
      return { url: urlOf(server.address() as AddressInfo), close };
    },
    serve({ stores, logger }) {
      listener = createApp({ stores, routes, logger, startedAt: stores.now(), closing: closing.signal });
    },
  };
}

/** Binds and serves at once. Errors: those of `bind`. */
export async function startServer({ stores, logger, ...address }: Address & { readonly stores: Stores; readonly logger: Logger }): Promise<RunningServer> {
  const server = createApiServer();
  server.serve({ stores, logger });
  return server.bind(address);
}

function urlOf({ family, address, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const refuseWhileStarting: RequestListener = (_request, response) => {
  const problem = problemOf(new ApiError('starting', 'The control plane is starting. Ask again in a moment.'), 'req_starting');
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json', 'Retry-After': '1', Connection: 'close' });
  response.end(JSON.stringify(problem));
};

/** What can't be read as HTTP gets a coded answer as well; a connection that is already gone, or being answered, none. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex, isAnswering: boolean): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy(error);
    return;
  }
  const problem = problemOf(unreadable(error), 'req_unreadable');
  const body = JSON.stringify(problem);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

function unreadable({ code }: NodeJS.ErrnoException): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') return new ApiError('headers_too_large', 'The headers of the request are over 16 KiB. Send fewer or shorter ones.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError('request_timeout', 'The request did not come to its end in time. Send it again.');
  if (code === 'HPE_INVALID_EOF_STATE') return new ApiError('invalid_request', 'The request ended early. Send it again, whole.');
  return new ApiError('invalid_request', 'This is not HTTP/1.1 as it should be.');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') return new ApiError('port_in_use', `Port ${port} of ${host} is in use by another program. Stop it, or set CAMELEER_PORT to another port.`, { cause: error });
  if (error.code === 'EACCES') return new ApiError('bad_configuration', `This user may not listen on port ${port}. Set CAMELEER_PORT to one above 1023.`, { cause: error });
  if (error.code === 'EADDRNOTAVAIL') return new ApiError('bad_configuration', `This machine has no address ${host}. Set CAMELEER_HOST to one that it has, such as 127.0.0.1.`, { cause: error });
  return error;
}

async function closeServer(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection that is kept alive becomes idle only when its last request is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
