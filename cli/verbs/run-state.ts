import type { ObjectAnswer, WriteAnswer } from '../client/answers.ts';
import { deploymentPath, environmentPath } from '../client/paths.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, queryOf, patchDeployment, type WriteOptions } from './write.ts';

export type EnvironmentOptions = WriteOptions & { readonly env: string };

export async function scale(session: Session, target: ApplicationTarget, options: EnvironmentOptions & { readonly replicas: number }): Promise<ExitCode> {
  const what = `Scaled ${target.tenant}/${target.application} in ${options.env} to ${options.replicas}`;
  return patchDeployment(session, target, options.env, { ...options, what, patch: () => ({ replicas: options.replicas }) });
}

/** No pods, configuration kept. */
export async function stop(session: Session, target: ApplicationTarget, options: EnvironmentOptions): Promise<ExitCode> {
  return patchDeployment(session, target, options.env, { ...options, what: `Stopped ${target.tenant}/${target.application} in ${options.env}`, patch: () => ({ stopped: true }) });
}

export async function start(session: Session, target: ApplicationTarget, options: EnvironmentOptions): Promise<ExitCode> {
  return patchDeployment(session, target, options.env, { ...options, what: `Started ${target.tenant}/${target.application} in ${options.env}`, patch: () => ({ stopped: null }) });
}

/** New pods with the same release and configuration, one after the other. */
export async function restart(session: Session, target: ApplicationTarget, options: EnvironmentOptions): Promise<ExitCode> {
  const client = await session.client();
  const { body } = await client.request<WriteAnswer>('POST', `${deploymentPath(target, options.env)}/restarts`, { body: {}, query: queryOf(options) });
  return finishWrite(session, target, options.env, { ...options, what: `Restarted ${target.tenant}/${target.application} in ${options.env}`, answer: body });
}

/** Removes the hold that a rollback left, so that the application can be deployed again; it restarts nothing. */
export async function resume(session: Session, target: ApplicationTarget, options: EnvironmentOptions): Promise<ExitCode> {
  const client = await session.client();
  const path = `${environmentPath(target.tenant, options.env)}/holds/${encodeURIComponent(target.application)}`;
  const { body, etag } = await client.request<ObjectAnswer>('GET', path);
  const answer = await client.request<WriteAnswer>('DELETE', path, { headers: { 'If-Match': etag ?? `"${body.etag}"` }, query: queryOf(options) });
  return finishWrite(session, target, options.env, { ...options, what: `Resumed ${target.tenant}/${target.application} in ${options.env}`, answer: answer.body });
}
