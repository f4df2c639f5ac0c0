import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

/**
 * What happens to a request: answered with a status in place of git's answer, never answered, answered late, or cut off before
 * git has seen it or after git has done it.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'stall' }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' };

export interface GitRequest {
  readonly method: string;
  /** `/state.git/info/refs` */
  readonly path: string;
  readonly service: 'git-upload-pack' | 'git-receive-pack' | undefined;
}

export interface GitHttpServer {
  /** `http://127.0.0.1:4711` */
  readonly url: string;
  readonly requests: GitRequest[];
  /** Asked before each request. */
  fault: (request: GitRequest) => Fault | undefined;
  close(): Promise<void>;
}

/** A Git host: `git http-backend` on loopback, over the repositories of a folder, for whoever has the token. */
export async function startGitHttpServer(folder: string, token: string): Promise<GitHttpServer> {
  const server = createServer((request, response) => {
    answer(host, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const host = {
    folder,
    token,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [] as GitRequest[],
    fault: (): Fault | undefined => undefined,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
  return host;
}

function described(request: IncomingMessage): GitRequest & { readonly query: string } {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const name = searchParams.get('service') ?? pathname.slice(pathname.lastIndexOf('/') + 1);
  const service = name === 'git-upload-pack' || name === 'git-receive-pack' ? name : undefined;
  return { method: request.method ?? 'GET', path: pathname, service, query: searchParams.toString() };
}

async function answer(host: { readonly folder: string; readonly token: string; readonly requests: GitRequest[]; fault: GitHttpServer['fault'] }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const what = described(request);
  host.requests.push(what);
  if (Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString().split(':')[1] !== host.token) {
    request.resume();
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const fault = host.fault(what);
  if (fault !== undefined && isEnd(fault, request, response)) return;
  // Whoever hangs up from here on has been heard.
  const body = await buffer(request);
  if (fault?.kind === 'slow') await setTimeout(fault.milliseconds);
  const output = await runBackend(host.folder, what, { headers: request.headers, body });
  if (fault?.kind === 'cut') request.socket.destroy();
  else give(output, response);
}

/** Whether git is not even asked. */
function isEnd(fault: Fault, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault.kind === 'status') {
    request.resume();
    response.writeHead(fault.status, fault.headers).end();
    return true;
  }
  if (fault.kind === 'cut' && fault.when === 'before') {
    request.socket.destroy();
    return true;
  }
  return fault.kind === 'stall';
}

function give(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output.toString('latin1', 0, end).split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  response.writeHead(Number(status.slice(0, 3)), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  response.end(output.subarray(end + 4));
}

/** CGI: the request on standard input, the answer with its headers on standard output. */
async function runBackend(folder: string, { method, path, query }: ReturnType<typeof described>, { headers, body }: { readonly headers: IncomingMessage['headers']; readonly body: Buffer }): Promise<Buffer> {
  const { 'content-type': type = '', 'content-encoding': encoding = '', 'git-protocol': protocol } = headers;
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1', REMOTE_USER: 'git', REMOTE_ADDR: '127.0.0.1',
      REQUEST_METHOD: method, PATH_INFO: path, QUERY_STRING: query, CONTENT_TYPE: type, HTTP_CONTENT_ENCODING: encoding,
      CONTENT_LENGTH: String(body.length), ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}),
    },
  });
  child.stdin.on('error', () => {});
  child.stdin.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
