import type { StatusAnswer } from '../client/answers.ts';
import { deploymentPath, tenantPath } from '../client/paths.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { renderStatus } from '../render/status.ts';
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
  if (options.watch === true && first !== undefined && environments.length === 1) return watch(session, { tenant, application }, first);
  const answers = await Promise.all(environments.map(async (environment) => (await client.request<StatusAnswer>('GET', `${deploymentPath({ tenant, application }, environment)}/status`)).body));
  session.print(options.env === undefined ? answers : answers[0], (palette) =>
    answers.length === 0 ? `${tenant}/${application} is deployed nowhere.` : answers.map((answer) => renderStatus(answer, palette, session.io.now())).join('\n\n'),
  );
  return exitCodes.ok;
}

async function environmentsOf(session: Session, { tenant, application }: ApplicationTarget): Promise<readonly string[]> {
  const { body } = await (await session.client()).request<TenantSummary>('GET', tenantPath(tenant));
  return body.applications.find(({ name }) => name === application)?.deployments.map(({ environment }) => environment) ?? [];
}

/** One block for each change; with `--json` one line for each. */
async function watch(session: Session, target: ApplicationTarget, environment: string): Promise<ExitCode> {
  const client = await session.client();
  const path = deploymentPath(target, environment);
  const show = (answer: StatusAnswer): void => {
    session.io.stdout.write(session.json ? `${JSON.stringify(answer)}\n` : `${renderStatus(answer, session.palette, session.io.now())}\n\n`);
  };
  for await (const { event, data } of client.events(`${path}/events`)) {
    if (event === 'status') show(JSON.parse(data) as StatusAnswer);
  }
  return exitCodes.ok;
}
