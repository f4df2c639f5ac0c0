import { EngineError } from '../../engine/index.ts';
import { LedgerError } from '../../ledger/index.ts';
import { PlanOutdatedError } from '../../workflows/index.ts';
import { ApiError, catalogue, shown } from '../errors.ts';

/** RFC 9457. `code` is stable; `type` is the same for ever as well. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly problems?: readonly unknown[];
  readonly openings?: readonly unknown[];
  readonly conflict?: unknown;
  readonly conflicts?: readonly unknown[];
  /** Of the plan as it is now, when another one was approved. */
  readonly planHash?: string;
}

/** What a client may know of an error. An unknown error says nothing but its request id. */
export function problemOf(error: unknown, requestId: string): ProblemDetails {
  const known = shown(error);
  if (known === undefined) return details('internal', ...catalogue.internal, { detail: `Something went wrong on our side. Tell an operator the request id ${requestId}.`, requestId });
  const { code, message } = known.error;
  return details(code, known.status, known.title, { detail: message, requestId, ...extras(error) });
}

/** What the error adds to the headers of its answer. */
export function headersOf(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof ApiError) return error.headers;
  const seconds = error instanceof EngineError || error instanceof LedgerError ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

function details(code: string, status: number, title: string, rest: Pick<ProblemDetails, 'detail' | 'requestId'>): ProblemDetails {
  return { type: `https://cameleer.io/problems/${code}`, title, status, code, ...rest };
}

function extras(error: unknown): Partial<ProblemDetails> {
  if (error instanceof ApiError) return error.problems === undefined ? {} : { problems: error.problems };
  if (error instanceof PlanOutdatedError) return { planHash: error.planHash };
  if (!(error instanceof EngineError)) return {};
  return {
    ...(error.problems === undefined ? {} : { problems: error.problems.filter((problem) => problem.severity === 'error') }),
    ...(error.openings === undefined ? {} : { openings: error.openings }),
    ...(error.conflict === undefined ? {} : { conflict: error.conflict }),
    ...(error.conflicts === undefined ? {} : { conflicts: error.conflicts }),
  };
}
