import { ApiError } from '../client/api-error.ts';
import type { ConflictAnswer, RequestProblem } from '../client/answers.ts';
import { CodedError } from '../../schemas/coded-error.ts';
import { formatProblem, type Problem } from '../../schemas/problem.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { requestConflict, revertConflict, writeConflict } from './conflict.ts';
import type { Palette } from './palette.ts';
import { clean } from './table.ts';

/** Any thrown thing as its code, sentence, next step and exit code. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly exitCode: ExitCode;
  readonly requestId?: string;
  readonly problems?: readonly (Problem | RequestProblem)[];
  readonly openings?: readonly { readonly message: string }[];
  readonly conflict?: ConflictAnswer;
  readonly conflicts?: readonly ConflictAnswer[];
}

export function describeError(error: unknown): ShownError {
  if (error instanceof CliError) return { code: error.code, message: error.message, next: error.next, exitCode: error.exitCode };
  if (error instanceof ApiError) {
    const { requestId, problems, openings, conflict, conflicts } = error.problem;
    return { code: error.code, message: error.message, next: error.next, exitCode: error.exitCode, ...defined({ requestId, problems, openings, conflict, conflicts }) };
  }
  if (error instanceof CodedError || isLedgerError(error)) return { code: error.code, message: error.message, next: 'correct what the message names, then run the command again', exitCode: exitCodes.refused };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, next: 'run the command again with CAMELEER_DEBUG=1 for the stack, and report it', exitCode: exitCodes.failed };
}

/** The ledger imports nothing, so its errors are no `CodedError`. */
function isLedgerError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === 'LedgerError' && 'code' in error;
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** `error: code: sentence`, the problems or the conflict when there are some, and always `next: …` at the end. */
export function renderError(error: ShownError, palette: Palette): string {
  const lines = [`${palette.red('error:')} ${error.code}: ${clean(error.message)}`];
  for (const problem of error.problems ?? []) lines.push(...renderProblem(problem, error.message));
  const openings = new Set((error.openings ?? []).map((opening) => opening.message).filter((message) => !error.message.includes(message)));
  for (const message of openings) lines.push(`  ${clean(message)}`);
  if (error.conflicts !== undefined) lines.push(...error.conflicts.flatMap(error.code === 'request_conflict' ? requestConflict : revertConflict));
  else if (error.conflict !== undefined) lines.push(...writeConflict(error.conflict));
  if (error.requestId !== undefined) lines.push(palette.dim(`request: ${error.requestId}`));
  lines.push(`${palette.bold('next:')} ${error.next}`);
  return `${lines.join('\n')}\n`;
}

/** Left out when the sentence has said it. */
function renderProblem(problem: Problem | RequestProblem, said: string): string[] {
  const text = 'path' in problem ? formatProblem(problem) : `${problem.pointer}: ${problem.message}`;
  return said.includes(text) ? [] : [`  ${clean(text)}`];
}
