import { createServer, request as requestHttp, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface WireReply {
  readonly status: number;
  readonly body: Buffer;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Stands before a server and writes down what git sends, while `session` runs against its address. */
export async function recordSessions(target: string, session: (url: string) => Promise<void>): Promise<readonly WireRequest[]> {
  const recorded: WireRequest[] = [];
  const proxy = createServer((incoming, response) => {
    void buffer(incoming).then(async (body) => {
      const request = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: kept(incoming.headers), body };
      recorded.push(request);
      const reply = await fetch(`${target}${request.path}`, { method: request.method, headers: request.headers as Record<string, string>, ...(body.length === 0 ? {} : { body: new Uint8Array(body) }) });
      response.writeHead(reply.status, { 'Content-Type': reply.headers.get('content-type') ?? 'text/plain', 'WWW-Authenticate': 'Basic realm="x"' });
      response.end(Buffer.from(await reply.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    await session(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
  return recorded;
}

const carried = ['authorization', 'content-type', 'content-encoding', 'git-protocol', 'accept'];

function kept(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(carried.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** `undefined` when the server ended the connection without an answer. An answer that breaks off has an empty body. */
export function sendWire(url: string, { method, path, headers, body }: WireRequest): Promise<WireReply | undefined> {
  return new Promise((resolve) => {
    try {
      const outgoing = requestHttp(`${url}/`, { method, path, headers: { ...headers, 'Content-Length': body.length }, timeout: 60_000 }, (response) => {
        const status = response.statusCode ?? 0;
        buffer(response).then((body) => resolve({ status, body }), () => resolve({ status, body: Buffer.alloc(0) }));
      });
      outgoing.on('error', () => resolve(undefined));
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.end(body);
    } catch {
      // Node does not send such a header or path.
      resolve({ status: 0, body: Buffer.alloc(0) });
    }
  });
}

export type Random = () => number;
export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

const lengths = ['0000', '0001', '0002', '0003', '0004', '0005', 'ffff', 'fff0', 'FFF1', '-001', '00zz', '    ', '0xff'];
const references = ['refs/heads/main', 'refs/heads/../main', 'refs/heads/main.lock', 'refs/for/main', 'refs/for/acme', 'refs/heads/other', 'refs/notes/x', 'refs/heads/cells/local', 'HEAD', 'refs/', '', 'refs/heads/a b', 'refs/heads/@{1}', 'refs/cameleer/x', `refs/heads/${'x'.repeat(5000)}`, 'refs/heads/\u0000', 'refs/heads/é\u202e', '../../etc/passwd', '--upload-pack=x'];
const headerValues: Readonly<Record<string, readonly string[]>> = {
  'content-encoding': ['gzip', 'x-gzip', 'deflate', 'br', 'gzip, gzip', 'identity', ''],
  'content-type': ['application/x-git-upload-pack-request', 'application/x-git-receive-pack-request', 'text/plain', ''],
  'git-protocol': ['version=0', 'version=1', 'version=2', 'version=3', 'version=2:version=1', 'version=2\tx', 'version=99999999999999999999', 'x'.repeat(3000), ':::', ''],
  authorization: ['Basic', 'Basic !!!', 'Bearer cml_x', 'Basic Og==', `Bearer cml_${'a'.repeat(43)}`, ''],
};
const pathParts = ['/git/state.git', '/git/cells/local.git', '/git/cells/..%2f..git', '/git/tenants/acme.git', '/git/tenants/%2e%2e.git', '/git/tenants/nobody.git', '/git//state.git', '/git/state.git/..', '/git/state', '/git/', '/git'];
const pathEnds = ['/info/refs?service=git-upload-pack', '/info/refs?service=git-receive-pack', '/info/refs?service=git-upload-archive', '/info/refs', '/git-upload-pack', '/git-receive-pack', '/HEAD', '/objects/info/packs', '/info/refs?service=git-upload-pack&service=x', '/%00', '/git-upload-pack?x=%ff'];

const edits: readonly ((body: Buffer, random: Random) => Buffer)[] = [
  (body) => body,
  (body, random) => body.subarray(0, below(random, body.length + 1)),
  (body, random) => {
    const copy = Buffer.from(body);
    for (let count = 1 + below(random, 8); count > 0 && copy.length > 0; count -= 1) copy[below(random, copy.length)] = below(random, 256);
    return copy;
  },
  (body, random) => splice(body, random, Buffer.from(pick(random, lengths))),
  (body, random) => splice(body, random, Buffer.from(pick(random, references))),
  (body, random) => splice(body, random, Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256)))),
  (body, random) => replaceText(body, /refs\/[a-zA-Z/]+/, pick(random, references)),
  renameCommand,
  (body, random) => replaceText(body, /[0-9a-f]{40}/, pick(random, ['0'.repeat(40), 'f'.repeat(40), '4b825dc642cb6eb9a060e54bf8d69288fbee4904', 'g'.repeat(40), 'a'.repeat(39)])),
  (body, random) => Buffer.concat([body, body.subarray(below(random, body.length + 1))]),
  (body, random) => Buffer.concat([body.subarray(below(random, body.length + 1)), body]),
  // The number of objects that a pack claims to hold, and the size that its first one claims to have.
  (body, random) => overwrite(body, 'PACK', 8, pick(random, [Buffer.from('ffffffff', 'hex'), Buffer.from('00000000', 'hex'), Buffer.from('7fffffff', 'hex')])),
  (body) => overwrite(body, 'PACK', 12, Buffer.from('bfffffffffffffffff7f', 'hex')),
  () => Buffer.alloc(0),
  (_body, random) => Buffer.from(pick(random, lengths)),
];

function splice(body: Buffer, random: Random, piece: Buffer): Buffer {
  const at = below(random, body.length + 1);
  return Buffer.concat([body.subarray(0, at), piece, body.subarray(Math.min(body.length, at + pick(random, [0, piece.length])))]);
}

function replaceText(body: Buffer, pattern: RegExp, text: string): Buffer {
  return Buffer.from(body.toString('latin1').replace(pattern, () => Buffer.from(text).toString('latin1')), 'latin1');
}

/** A command of a push names another ref, in a packet that is still whole. */
export function renameCommand(body: Buffer, random: Random): Buffer {
  const name = Buffer.from(pick(random, references)).toString('latin1');
  const commands = [...body.toString('latin1').matchAll(/([0-9a-f]{4})[0-9a-f]{40} [0-9a-f]{40} (refs\/[!-~]+)/g)];
  if (commands.length === 0) return body;
  const { 0: { length: whole }, 1: length = '', 2: old = '', index } = pick(random, commands);
  const packet = (Number.parseInt(length, 16) + name.length - old.length).toString(16).padStart(4, '0');
  const ids = body.subarray(index + 4, index + whole - old.length);
  return Buffer.concat([body.subarray(0, index), Buffer.from(packet), ids, Buffer.from(name, 'latin1'), body.subarray(index + whole)]);
}

function overwrite(body: Buffer, marker: string, offset: number, bytes: Buffer): Buffer {
  const at = body.indexOf(marker);
  if (at < 0) return body;
  return Buffer.concat([body.subarray(0, at + offset), bytes, body.subarray(at + offset + bytes.length)]);
}

/** One or two things about a recorded request are not as git had them. */
export function mutate(request: WireRequest, random: Random): WireRequest {
  const body = pick(random, edits)(random() < 0.3 ? pick(random, edits)(request.body, random) : request.body, random);
  const headers = { ...request.headers };
  if (random() < 0.2) {
    const name = pick(random, Object.keys(headerValues));
    headers[name] = pick(random, headerValues[name] ?? ['']);
  }
  const path = random() < 0.15 ? `${pick(random, pathParts)}${pick(random, pathEnds)}` : request.path;
  const method = random() < 0.05 ? pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) : request.method;
  if (random() > 0.15) return { method, path, headers, body };
  const packed = gzipSync(random() < 0.2 ? Buffer.alloc(20 * 1024 * 1024) : body);
  return { method, path, headers: { ...headers, 'content-encoding': 'gzip' }, body: random() < 0.5 ? packed : packed.subarray(0, below(random, packed.length)) };
}

export interface FuzzOptions {
  readonly url: string;
  readonly sessions: readonly WireRequest[];
  readonly count: number;
  readonly seed: number;
  readonly workers?: number;
}

/** What a server must never do to a request that is not as it should be. */
export interface FuzzFinding {
  readonly seed: number;
  readonly request: WireRequest;
  readonly status: number | undefined;
  readonly text: string;
}

/**
 * Sends that many mutated requests; each has a seed of its own (`seed` and up), by which it can be sent again. Answers with
 * those that got a 5xx, a fault of ours in a report, or no answer at all.
 */
export async function fuzzGit({ url, sessions, count, seed, workers = 4 }: FuzzOptions): Promise<readonly FuzzFinding[]> {
  const findings: FuzzFinding[] = [];
  let next = seed;
  const worker = async () => {
    for (let mine = next++; mine < seed + count; mine = next++) {
      const random = seeded(mine);
      const request = mutate(pick(random, sessions), random);
      const reply = await sendWire(url, request);
      const text = reply?.body.toString('latin1', 0, 2000) ?? '';
      if (reply === undefined || reply.status >= 500 || text.includes('on our side')) findings.push({ seed: mine, request, status: reply?.status, text });
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return findings;
}
