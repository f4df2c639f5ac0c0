import type { StatusAnswer } from '../client/answers.ts';
import { follow } from '../client/follow.ts';
import { applicationPath, deploymentPath, tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { renderStatus, renderStatuses, statusLine } from '../render/status.ts';
import { renderTenant, type TenantSummary } from '../render/tenant.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget, Target } from '../target.ts';

export interface StatusOptions {
  readonly env?: string;
  readonly watch?: boolean;
}

/** A tenant's table, one application in each of its environments, or one of them; `--watch` follows until interrupted. */
export async function status(session: Session, target: Target, options: StatusOptions): Promise<ExitCode> {
  const { tenant, application } = target;
  const client = await session.client();
  if (application === undefined) {
    const { body } = await client.request<TenantSummary>('GET', tenantPath(tenant));
    session.print(body, (palette) => renderTenant(body, palette));
    return exitCodes.ok;
  }
  const environments = options.env === undefined ? await environmentsOf(session, { tenant, application }) : [options.env];
  const first = environments[0];
  if (options.watch === true && first !== undefined) {
    if (environments.length > 1) throw new CliError('usage', '--watch follows one environment.', { next: `add --env ${environments.join(' or --env ')}` });
    return watch(session, { tenant, application }, first);
  }
  const answers = await Promise.all(environments.map(async (environment) => (await client.request<StatusAnswer>('GET', `${deploymentPath({ tenant, application }, environment)}/status`)).body));
  session.print(options.env === undefined ? answers : answers[0], (palette) =>
    answers.length === 0 ? `${tenant}/${application} is deployed nowhere.` : renderStatuses(answers, palette, session.io.now()),
  );
  return exitCodes.ok;
}

async function environmentsOf(session: Session, { tenant, application }: ApplicationTarget): Promise<readonly string[]> {
  const client = await session.client();
  const { body } = await client.request<TenantSummary>('GET', tenantPath(tenant));
  const found = body.applications.find(({ name }) => name === application);
  // Refuses with what there is.
  if (found === undefined) await client.request('GET', applicationPath({ tenant, application }));
  return found?.deployments.map(({ environment }) => environment) ?? [];
}

/** The whole status first, then one line for each change; with `--json` one line of JSON each. */
async function watch(session: Session, target: ApplicationTarget, environment: string): Promise<ExitCode> {
  let shown = '';
  await follow(session, `${deploymentPath(target, environment)}/events`, {
    onEvent: ({ event, data }) => {
      if (event !== 'status') return;
      const answer = JSON.parse(data) as StatusAnswer;
      const line = statusLine(answer, session.palette);
      if (session.json) session.io.stdout.write(`${JSON.stringify(answer)}\n`);
      else if (shown === '') session.io.stdout.write(`${renderStatus(answer, session.palette, session.io.now())}\n\n`);
      else if (line !== shown) session.io.stdout.write(`${session.palette.dim(session.io.now().toISOString().slice(11, 19))} ${line}\n`);
      shown = line;
    },
  });
  return exitCodes.ok;
}
