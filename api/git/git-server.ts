import type { Request, RequestHandler, Response } from 'express';
import { makeSlots, makeSlotsBy, pushAdvertisement, readReferences, type Slots, type SlotsBy } from '../../engine/index.ts';
import { actorOf, type Logger, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import { locals } from '../http/locals.ts';
import { headersOf, problemOf } from '../http/problem.ts';
import { dropRest } from '../http/unread.ts';
import { authenticateGit } from './authenticate-git.ts';
import { answerPush } from './push.ts';
import { notThere, permitGit } from './permit-git.ts';
import { advertiseRead, sendRead, uncached } from './read.ts';
import { targetOf, type GitRepository, type GitTarget } from './target.ts';

export interface GitServerOptions {
  readonly stores: Stores;
  readonly logger: Logger;
}

/** A clone of everything, over a slow line. */
const longestMilliseconds = 30 * 60 * 1000;
const reads = { running: 8, waiting: 64, milliseconds: 10_000 };
/** Half of the room, so that nobody alone keeps others out, however many tokens they have. */
const readsOfOne = { running: 4, waiting: 16, milliseconds: 10_000 };
const pushes = { running: 2, waiting: 16, milliseconds: 60_000 };
const pushesOfOne = { running: 1, waiting: 8, milliseconds: 60_000 };
const retryAfter = { 'Retry-After': '5' };
const main = 'refs/heads/main';
/** What the platform keeps for itself. */
const hidden = ['refs/cameleer', 'refs/upstream'];

interface Server extends GitServerOptions {
  /** Cells have room of their own: no number of clones that people make may keep a change from them. */
  readonly slots: Readonly<Record<GitTarget['service'] | 'cell', Slots>>;
  /** By person, service account or cell. */
  readonly own: Readonly<Record<GitTarget['service'], SlotsBy>>;
}

/** Git over HTTP below `/git`: gitprotocol-http(5), the smart one only. Errors are plain text, which git shows. */
export function gitServer(options: GitServerOptions): RequestHandler {
  const server: Server = {
    ...options,
    slots: { cell: makeSlots(reads), read: makeSlots(reads), push: makeSlots(pushes) },
    own: { read: makeSlotsBy(readsOfOne), push: makeSlotsBy(pushesOfOne) },
  };
  return async (request, response) => {
    try {
      await serve(server, request, response);
    } catch (error) {
      refuse(options.logger, error, { request, response });
    }
  };
}

async function serve(server: Server, request: Request, response: Response): Promise<void> {
  const { stores } = server;
  const target = targetOf(request.method, request.path, new URL(request.originalUrl, 'http://localhost').searchParams);
  const reader = await authenticateGit(stores, request.headers);
  const name = reader.kind === 'cell' ? `cells/${reader.name}` : actorOf(reader);
  locals(response).actor = name;
  const pusher = await permitGit(stores, reader, target);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(longestMilliseconds)]);
  const release = await roomFor(server, target.service, { name, cell: reader.kind === 'cell' });
  try {
    // Whoever went away while waiting sends no more; a body that is read then never ends.
    if (gone.signal.aborted) return;
    const { requestId } = locals(response);
    if (pusher !== undefined) {
      if (target.step === 'advertise') await advertisePush(stores, response);
      else await answerPush({ ...server, request, response, caller: { subject: pusher, door: 'push', requestId }, signal });
      return;
    }
    const reading = { request, response, directory: await folderOf(stores, target.repository), hidden, signal };
    await (target.step === 'advertise' ? advertiseRead(reading) : sendRead(reading));
  } finally {
    release();
  }
}

/** Waits for room, first the person's own; answers with what gives it back. Throws `too_many_reads`, `too_many_pushes` and `busy`. */
async function roomFor({ slots, own: ofOne }: Server, service: GitTarget['service'], { name, cell }: { readonly name: string; readonly cell: boolean }): Promise<() => void> {
  const own = await ofOne[service].take(name);
  if (own === undefined) throw tooMany(service);
  const shared = await slots[cell ? 'cell' : service].take();
  if (shared === undefined) {
    own();
    throw new ApiError('busy', 'Too many clones and pushes run at once. Try again in a few seconds.', { headers: retryAfter });
  }
  return () => {
    shared();
    own();
  };
}

function tooMany(service: GitTarget['service']): ApiError {
  if (service === 'push') return new ApiError('too_many_pushes', 'A push of yours is running already, and more wait. Try again when it has ended.', { headers: retryAfter });
  return new ApiError('too_many_reads', `You run ${readsOfOne.running} clones or fetches already, and more wait. Try again when some have ended.`, { headers: retryAfter });
}

/** A publication is brought up to date before it is read. */
async function folderOf({ engine, stateRepository }: Stores, repository: GitRepository): Promise<string> {
  if (repository.kind === 'state') return stateRepository;
  const folder = await engine.publication(repository.kind === 'cell' ? { cell: repository.name } : { tenant: repository.name });
  if (folder === undefined) throw notThere(repository);
  return folder;
}

/** `main` as it stands in the repository, which may be ahead of what the engine has looked at. */
async function advertisePush({ stateRepository }: Stores, response: Response): Promise<void> {
  const body = pushAdvertisement(await readReferences(stateRepository, [main]));
  response.writeHead(200, { 'Content-Type': 'application/x-git-receive-pack-advertisement', 'Content-Length': body.length, ...uncached });
  response.end(body);
}

function refuse(logger: Logger, error: unknown, { request, response }: { request: Request; response: Response }): void {
  const { requestId } = locals(response);
  const problem = problemOf(error, requestId);
  if (problem.code === 'internal') logger.error({ requestId, method: request.method, path: request.originalUrl, err: error }, 'a Git request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = `${problem.detail} (${problem.code})\n`;
  const rest = request.complete ? {} : { Connection: 'close' };
  response.writeHead(problem.status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text), 'Request-Id': requestId, ...uncached, ...rest, ...headersOf(error) });
  response.write(text);
  void dropRest(request).then(() => response.end());
}
