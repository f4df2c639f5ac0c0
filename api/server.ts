import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Stores } from '../workflows/index.ts';
import { createApp } from './app.ts';
import { ApiError } from './errors.ts';
import { routes } from './routes/index.ts';

export interface RunningServer {
  /** `http://127.0.0.1:8700` */
  readonly url: string;
  /** Takes no new request, ends event streams, lets running ones finish for `graceMilliseconds`, then ends them. */
  close(graceMilliseconds: number): Promise<void>;
}

export interface ServerOptions {
  readonly stores: Stores;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
}

/** Serves the API. Errors: `port_in_use`. */
export async function startServer({ stores, logger, host, port }: ServerOptions): Promise<RunningServer> {
  const closing = new AbortController();
  const server = createServer(createApp({ stores, routes, logger, startedAt: stores.now(), closing: closing.signal }));
  // A slow upload of the largest JAR takes longer than Node's five minutes.
  server.requestTimeout = 60 * 60 * 1000;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: (grace) => {
      closing.abort();
      return closeServer(server, grace);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE';
      reject(used ? new ApiError('port_in_use', `Port ${port} of ${host} is in use by another program. Stop it, or set CAMELEER_PORT to another port.`, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
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
