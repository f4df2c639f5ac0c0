import type { Plan } from '../../engine/index.ts';
import type { ObjectAnswer, PlannedAnswer, RequestedAnswer, WriteAnswer } from '../client/answers.ts';
import { waitUntilLive } from '../client/wait.ts';
import type { Client } from '../client/http.ts';
import { deploymentPath } from '../client/paths.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Palette } from '../render/palette.ts';
import { renderPlan } from '../render/plan.ts';
import { renderApprovals, renderRequested } from '../render/request.ts';
import { renderWrite } from '../render/write.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';

export interface QueryOptions {
  readonly dryRun?: boolean;
  /** Make a change request of it. */
  readonly request?: boolean;
  readonly autoMerge?: boolean;
}

/** The query of a write. */
export function queryOf({ dryRun, request, autoMerge }: QueryOptions): Readonly<Record<string, boolean | undefined>> {
  return { dryRun, request, autoMerge };
}

export interface WriteOptions extends QueryOptions {
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Shows what a write did, or with `--dry-run` would do; the answer to a dry run is the plan, bare or as `plan`. Fails when the write would be refused. */
export function showWrite(session: Session, what: string, answer: WriteAnswer | RequestedAnswer | Plan | PlannedAnswer, dryRun: boolean): ExitCode {
  if ('request' in answer) {
    session.print(answer, (palette) => renderRequested(answer.request, palette));
    return exitCodes.ok;
  }
  if (!dryRun && 'commit' in answer) {
    session.print(answer, (palette) => renderWrite(what, answer, palette));
    return exitCodes.ok;
  }
  if ('commit' in answer) throw new TypeError('A dry run commits nothing.');
  const { plan, approvals = [] }: PlannedAnswer = 'plan' in answer ? answer : { plan: answer };
  session.print(approvals.length === 0 ? plan : { ...plan, approvals }, (palette) => [renderPlan(plan, palette), ...renderApprovals(approvals, palette), dryRunEnd(plan, palette)].join('\n'));
  return dryRunExit(plan);
}

/** The last line about a plan that was only asked for. */
export function dryRunEnd({ summary }: Plan, palette: Palette): string {
  return palette.dim(summary.errors > 0 ? 'nothing was written, and the write would be refused: correct the problems first' : 'nothing was written; leave out --dry-run to do it');
}

export function dryRunExit({ summary }: Plan): ExitCode {
  return summary.errors > 0 ? exitCodes.failed : exitCodes.ok;
}

export interface DeploymentWrite extends WriteOptions {
  /** Sentence about what was done. */
  readonly what: string;
  /** Waits for this release. */
  readonly release?: string;
}

/** Shows the write and, with `--wait`, waits until it is live. */
export async function finishWrite(session: Session, target: ApplicationTarget, environment: string, { answer, ...options }: DeploymentWrite & { answer: WriteAnswer | RequestedAnswer }): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const exit = showWrite(session, options.what, answer, dryRun);
  // Of a request nothing comes yet to be waited for.
  if (dryRun || 'request' in answer) return exit;
  const name = `${target.tenant}/${target.application}`;
  if (options.wait === true) {
    const status = await waitUntilLive(session, target, environment, { timeout: options.timeout, ...(options.release === undefined ? {} : { release: options.release }) });
    if (!session.json) session.io.stdout.write(`${session.palette.green('✓')} ${name} ${status.desired.release} is ${status.desired.stopped ? 'stopped' : 'live'} in ${environment}\n`);
  } else if (!session.json) {
    session.io.stdout.write(session.palette.dim(`next: cameleer status ${name} --env ${environment} --watch\n`));
  }
  return exit;
}

/** Reads the AppDeployment, makes the merge patch from it, and writes it on the condition that nobody changed it between. */
export async function patchDeployment(session: Session, target: ApplicationTarget, environment: string, options: DeploymentWrite & { patch(spec: Readonly<Record<string, unknown>>): object }): Promise<ExitCode> {
  const client = await session.client();
  const path = deploymentPath(target, environment);
  const answer = await patchObject(client, path, options);
  return finishWrite(session, target, environment, { ...options, answer });
}

async function patchObject(client: Client, path: string, options: QueryOptions & { patch(spec: Readonly<Record<string, unknown>>): object }): Promise<WriteAnswer | RequestedAnswer> {
  const { body, etag } = await client.request<ObjectAnswer>('GET', path);
  const headers = { 'Content-Type': 'application/merge-patch+json', 'If-Match': etag ?? `"${body.etag}"` };
  const patch = { spec: options.patch(body.object.spec) };
  return (await client.request<WriteAnswer | RequestedAnswer>('PATCH', path, { body: patch, headers, query: queryOf(options) })).body;
}
