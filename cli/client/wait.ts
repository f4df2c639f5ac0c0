import { CliError } from '../errors.ts';
import { clean } from '../render/table.ts';
import { duration } from '../render/time.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { ApiError } from './api-error.ts';
import type { ProofAnswer, StatusAnswer } from './answers.ts';
import { deploymentPath } from './paths.ts';

export interface WaitOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /** Waits for this release; absent: for whatever is wanted. */
  readonly release?: string;
}

const pollMilliseconds = 400;
/** A rollout that reports failure this long is taken to have failed; shorter ones may be a crash that a retry heals. */
const failureGrace = 10_000;

/**
 * Waits until what Git wants is live: the status is ready (suspended, when stopped) and the proof has no missing link.
 * Says each new reason on stderr. Throws `rollout_failed` when it stays failed, `not_watched`
 * when the control plane that was asked can't see it, `timeout` when time is up.
 */
export async function waitUntilLive(session: Session, target: ApplicationTarget, environment: string, options: WaitOptions): Promise<StatusAnswer> {
  const { io } = session;
  const started = io.now().getTime();
  let said = '';
  let failedSince: number | undefined;
  for (;;) {
    const status = await readStatus(session, target, environment);
    const now = io.now().getTime();
    if (status !== undefined) {
      if (await isLive(session, target, environment, { status, release: options.release })) return status;
      if (status.observed.reason === 'not_watched') throw notWatched(target, environment, status);
      said = sayChange(session, status, said);
      failedSince = isFailed(status) ? (failedSince ?? now) : undefined;
    }
    if (failedSince !== undefined && now - failedSince > failureGrace) throw rolloutFailed(target, environment, status);
    if (now - started > options.timeout) throw timedOut(target, environment, options, status);
    if (io.signal.aborted) throw new CliError('interrupted', 'Interrupted while waiting.', { next: `the rollout goes on; see \`cameleer status ${target.tenant}/${target.application} --env ${environment}\`` });
    await io.sleep(pollMilliseconds);
  }
}

/** Undefined while the status is not known yet, which it may be for a moment after a commit. */
async function readStatus(session: Session, target: ApplicationTarget, environment: string): Promise<StatusAnswer | undefined> {
  try {
    return (await (await session.client()).request<StatusAnswer>('GET', `${deploymentPath(target, environment)}/status`)).body;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function isFailed(status: StatusAnswer): boolean {
  return status.observed.health === 'failed' || status.observed.health === 'stalled';
}

async function isLive(session: Session, target: ApplicationTarget, environment: string, { status, release }: { status: StatusAnswer; release: string | undefined }): Promise<boolean> {
  if (release !== undefined && status.desired.release !== release) return false;
  if (status.desired.stopped) return status.observed.health === 'suspended' || status.observed.pods.length === 0;
  if (status.observed.health !== 'ready') return false;
  const { body } = await (await session.client()).request<ProofAnswer>('GET', `${deploymentPath(target, environment)}/proof`);
  return body.links.every((link) => link.state !== 'missing');
}

function sayChange(session: Session, status: StatusAnswer, said: string): string {
  const { observed, desired } = status;
  const text = clean(`${status.environment}/${status.application} ${desired.release}: ${observed.health}${reasonOf(status)}`);
  if (text !== said) session.io.stderr.write(`  ${text}\n`);
  return text;
}

function reasonOf({ observed }: StatusAnswer): string {
  return [observed.reason, observed.message].flatMap((part) => (part === undefined || part === '' ? [] : [`: ${part}`])).join('');
}

function notWatched({ tenant, application }: ApplicationTarget, environment: string, { observed }: StatusAnswer): CliError {
  return new CliError('not_watched', `The change is made; whether ${tenant}/${application} is live in ${environment} is not known here. ${observed.message ?? ''}`.trimEnd(), {
    next: `there, run \`cameleer proof ${tenant}/${application} --env ${environment}\``,
  });
}

function rolloutFailed({ tenant, application }: ApplicationTarget, environment: string, status: StatusAnswer | undefined): CliError {
  const why = status === undefined ? '' : reasonOf(status);
  return new CliError('rollout_failed', `${tenant}/${application} does not start in ${environment}${why}.`, {
    next: `read \`cameleer logs ${tenant}/${application} --env ${environment}\`, or go back with \`cameleer rollback ${tenant}/${application} --env ${environment}\``,
  });
}

function timedOut({ tenant, application }: ApplicationTarget, environment: string, options: WaitOptions, status: StatusAnswer | undefined): CliError {
  const why = status === undefined ? ': no status was reported' : `: ${status.observed.health}${reasonOf(status)}`;
  return new CliError('timeout', `${tenant}/${application} was not live in ${environment} after ${duration(options.timeout)}${why}.`, {
    next: `see \`cameleer proof ${tenant}/${application} --env ${environment}\` and \`cameleer logs ${tenant}/${application} --env ${environment}\`; a longer wait is --timeout 10m`,
  });
}
