import type { Request, Response } from 'express';
import { GitError, pushHeartbeat, pushMessage, pushReport, readPushRequest, receivePack, type PushCommand, type PushReport, type PushRequest } from '../../engine/index.ts';
import { openPushedRequest, push as pushToMain, type Caller, type Logger, type PushedCommits, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import { dropRest } from '../http/unread.ts';
import { gitBody, isBadBody } from './body.ts';
import { pushRefusal, type PushRefusal } from './push-refusal.ts';
import { uncached } from './read.ts';

export interface PushAnswer {
  readonly stores: Stores;
  readonly logger: Logger;
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** Ten thousand tenants of twenty objects each are some 30 MB. */
const limits = { bytes: 128 * 1024 * 1024, milliseconds: 10 * 60 * 1000 };
const heartbeatMilliseconds = 5_000;

/** What a push to a ref comes to; answers with what the person who pushed is told. Throws what `pushRefusal` knows. */
type Taker = (answer: PushAnswer, pushed: PushedCommits) => Promise<readonly string[]>;

/** Refs that take pushes. */
const takers: ReadonlyMap<string, Taker> = new Map([['refs/heads/main', takeToMain], ['refs/for/main', takeForReview]]);

async function takeForReview({ stores, caller }: PushAnswer, { after, objects }: PushedCommits): Promise<readonly string[]> {
  const { number, title, checks } = await openPushedRequest(stores, caller, { commit: after, objects });
  const open = checks.filter(({ state }) => state !== 'passed').map(({ name, state, reason }) => `  ${name}: ${state}: ${reason}`);
  return [`Change request ${number}: ${title} (/api/v1/change-requests/${number})`, ...open];
}

async function takeToMain({ stores, caller }: PushAnswer, pushed: PushedCommits): Promise<readonly string[]> {
  await pushToMain(stores, caller, pushed);
  return [];
}

/** Takes a push and reports what became of each ref. Throws only before it has answered: `invalid_request`, `body_too_large`. */
export async function answerPush(answer: PushAnswer): Promise<void> {
  const { request, response } = answer;
  const body = gitBody(request, { type: 'application/x-git-receive-pack-request', bytes: limits.bytes + 1024 * 1024, milliseconds: limits.milliseconds });
  const push = await readPushRequest(body).catch((error: unknown) => {
    throw error instanceof GitError || isBadBody(error) ? new ApiError('invalid_request', 'This is no push.', { cause: error }) : error;
  });
  response.writeHead(200, { 'Content-Type': 'application/x-git-receive-pack-result', ...uncached });
  // Without commands, git only tries whether it may send a large body.
  if (push.commands.length > 0) {
    const timer = setInterval(() => response.write(pushHeartbeat(push)), heartbeatMilliseconds);
    const report = await take(answer, push).finally(() => clearInterval(timer));
    response.write(pushReport(push, report));
  }
  await dropRest(request);
  response.end();
}

async function take(answer: PushAnswer, push: PushRequest): Promise<PushReport> {
  const references = new Map(push.commands.map((command) => [command.name, obstacleOf(command)]));
  const wanted = push.commands.filter(({ name }) => references.get(name) === undefined);
  if (push.atomic && wanted.length < push.commands.length) for (const { name } of wanted) references.set(name, 'atomic push failed');
  const [command, ...others] = push.atomic && wanted.length < push.commands.length ? [] : wanted;
  if (command === undefined) return { references };
  // They would be judged one after the other, on a main that the first has moved.
  for (const { name } of others) references.set(name, 'push one ref at a time');
  const { lines, reason, unpack } = await move(answer, push, command);
  for (const line of lines) answer.response.write(pushMessage(push, line));
  references.set(command.name, reason);
  return { references, ...(unpack === undefined ? {} : { unpack }) };
}

/** Why a ref does not move, whatever the commit. */
function obstacleOf({ name, before, after }: PushCommand): string | undefined {
  if (after === undefined) return 'nothing is deleted by a push';
  if (name.startsWith('refs/heads/cells/')) return 'cells are rendered from main; change main';
  if (name.startsWith('refs/tags/')) return 'tags are not taken here';
  if (!takers.has(name)) return 'only main and refs/for/main take pushes';
  return name.startsWith('refs/heads/') && before === undefined ? 'fetch first' : undefined;
}

async function move(answer: PushAnswer, push: PushRequest, { name, before = '', after = '' }: PushCommand): Promise<Partial<PushRefusal> & Pick<PushRefusal, 'lines'>> {
  const { stores, caller, signal, logger } = answer;
  try {
    const quarantine = await receivePack(stores.stateRepository, push.pack, { limits, signal });
    try {
      return { lines: (await takers.get(name)?.(answer, { before, after, objects: quarantine.objects, keep: () => quarantine.keep() })) ?? [] };
    } finally {
      await quarantine.drop();
    }
  } catch (error) {
    const refusal = isBadBody(error) ? { reason: 'the push ended early', lines: [] } : pushRefusal(error);
    if (refusal !== undefined) return refusal;
    logger.error({ requestId: caller.requestId, err: error }, 'a push failed');
    return { reason: 'something went wrong on our side', lines: [`Tell an operator the request id ${caller.requestId}.`] };
  }
}
