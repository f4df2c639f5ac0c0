import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FakeControlPlane {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** What a route answers: JSON with 200, or all of it by hand. */
export type FakeAnswer = object | ((response: ServerResponse, request: Received) => void);

/** A real HTTP server with canned answers by `METHOD /path` (without the query); anything else is a 404 as the API gives it. */
export async function fakeControlPlane(routes: Readonly<Record<string, FakeAnswer>>): Promise<FakeControlPlane> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void collect(request).then((one) => {
      received.push(one);
      const answer = routes[`${one.method} ${one.path.split('?')[0]}`];
      if (answer === undefined) problem(response, 404, { code: 'not_found', detail: 'There is no such thing.' });
      else if (typeof answer === 'function') (answer as (response: ServerResponse, request: Received) => void)(response, one);
      else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

export function problem(response: ServerResponse, status: number, fields: object): void {
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ status, ...fields }));
}

async function collect(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
}
