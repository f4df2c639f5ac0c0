import type { Request, Response } from 'express';
import { once } from 'node:events';
import { answerRead, GitError, readAdvertisement } from '../../engine/index.ts';
import { ApiError } from '../errors.ts';
import { gitBody, isBadBody } from './body.ts';

export interface ReadAnswer {
  readonly request: Request;
  readonly response: Response;
  /** The repository. */
  readonly directory: string;
  readonly hidden: readonly string[];
  readonly signal: AbortSignal;
}

/** A negotiation names some thousand commits at most, 50 bytes each. */
const mostBytes = 8 * 1024 * 1024;
/** A client that sends or takes nothing for so long gives its room to others. */
const patienceMilliseconds = 60_000;
export const uncached = { 'Cache-Control': 'no-cache, max-age=0, must-revalidate', Expires: 'Fri, 01 Jan 1980 00:00:00 GMT', Pragma: 'no-cache' };

export async function advertiseRead(answer: ReadAnswer): Promise<void> {
  const body = await readAdvertisement(optionsOf(answer));
  answer.response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-advertisement', 'Content-Length': body.length, ...uncached });
  answer.response.end(body);
}

/** Streams what git answers; the status is known with its first bytes. Throws `invalid_request` for what git does not understand. */
export async function sendRead(answer: ReadAnswer): Promise<void> {
  const { request, response, signal } = answer;
  const body = gitBody(request, { type: 'application/x-git-upload-pack-request', bytes: mostBytes, milliseconds: patienceMilliseconds });
  const begin = () => {
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result', ...uncached });
  };
  try {
    for await (const chunk of answerRead(optionsOf(answer), body)) {
      begin();
      if (!response.write(chunk)) await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMilliseconds)]) });
    }
    begin();
    response.end();
  } catch (error) {
    if (signal.aborted) response.destroy();
    else throw readable(error);
  } finally {
    // git may have ended before it took all of it.
    body.destroy();
  }
}

function readable(error: unknown): unknown {
  const wrong = (error instanceof GitError && error.code === 'protocol') || isBadBody(error);
  return wrong ? new ApiError('invalid_request', 'This is no request of a clone or fetch.', { cause: error }) : error;
}

function optionsOf({ request, directory, hidden, signal }: ReadAnswer) {
  return { directory, hidden, signal, protocol: request.get('Git-Protocol') };
}
