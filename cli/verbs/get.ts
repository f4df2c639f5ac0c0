import type { ObjectAnswer } from '../client/answers.ts';
import type { Client } from '../client/http.ts';
import { applicationPath, deploymentPath, environmentPath, tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import { clean } from '../render/table.ts';
import { renderReleases, renderTenant, renderTenants, type TenantSummary, type TenantsAnswer } from '../render/tenant.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export interface GetOptions {
  readonly env?: string;
  readonly release?: string;
  readonly releases?: boolean;
  readonly hold?: boolean;
  readonly at?: string;
}

/** Lists tenants, summarises one, or shows one object as its YAML file (with `--json`: the object, its etag and path). */
export async function get(session: Session, target: Target | undefined, options: GetOptions): Promise<void> {
  const client = await session.client();
  const query = { at: options.at };
  if (target === undefined) {
    const { body } = await client.request<TenantsAnswer>('GET', '/api/v1/tenants', { query });
    session.print(body, (palette) => renderTenants(body, palette));
    return;
  }
  if (target.application === undefined && options.env === undefined) {
    const { body } = await client.request<TenantSummary>('GET', tenantPath(target.tenant), { query });
    session.print(body, (palette) => renderTenant(body, palette));
    return;
  }
  if (options.releases === true) {
    await listReleases(session, client, { target, query });
    return;
  }
  const path = objectPath(target, options);
  if (session.json) session.print((await client.request<ObjectAnswer>('GET', path, { query })).body, () => '');
  else session.io.stdout.write(await client.text(path, { query, headers: { Accept: 'application/yaml' } }));
  if (!session.json && options.at === undefined && target.application !== undefined && options.env !== undefined && options.hold !== true && options.release === undefined) await sayHeld(session, client, path);
}

/** The file does not say that it is held: another one does. */
async function sayHeld(session: Session, client: Client, path: string): Promise<void> {
  const { body } = await client.request<ObjectAnswer>('GET', path);
  for (const { code, message } of body.notices ?? []) if (code === 'held') session.io.stderr.write(`${session.palette.yellow('held:')} ${clean(message)}\n`);
}

async function listReleases(session: Session, client: Client, { target, query }: { readonly target: Target; readonly query: { readonly at: string | undefined } }): Promise<void> {
  const { tenant, application } = target;
  if (application === undefined) throw new CliError('usage', '--releases needs an application.', { next: `write \`cameleer get ${tenant}/APPLICATION --releases\`` });
  const { body } = await client.request<unknown>('GET', `${applicationPath({ tenant, application })}/releases`, { query });
  session.print(body, () => renderReleases(body));
}

function objectPath({ tenant, application }: Target, { env, release, hold }: GetOptions): string {
  if (application === undefined) return environmentPath(tenant, env ?? '');
  const target = { tenant, application };
  if (release !== undefined) return `${applicationPath(target)}/releases/${encodeURIComponent(release)}`;
  if (env === undefined) return applicationPath(target);
  return hold === true ? `${environmentPath(tenant, env)}/holds/${encodeURIComponent(application)}` : deploymentPath(target, env);
}
