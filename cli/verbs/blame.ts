import { refOfPath, tenantDirectory } from '../../schemas/index.ts';
import type { HistoryItem } from '../client/answers.ts';
import { objectPath } from '../client/object-path.ts';
import { applicationPath, deploymentPath, environmentPath, tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import { renderBlame } from '../render/blame.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export interface BlameOptions {
  readonly env?: string;
  readonly path?: string;
  readonly at?: string;
}

export interface BlameAnswer {
  readonly fields: readonly { readonly pointer: string; readonly value: unknown; readonly entry: HistoryItem }[];
}

/** Of the deployment when an application and an environment are named, else of the application, the environment or the settings. */
export async function blame(session: Session, target: Target, { env, path, at }: BlameOptions): Promise<void> {
  const place = path === undefined ? placeOf(target, env) : pathOf(target.tenant, path);
  const { body } = await (await session.client()).request<BlameAnswer>('GET', `${place}/blame`, { query: { at } });
  session.print(body, (palette) => renderBlame(body, palette));
}

function placeOf({ tenant, application }: Target, env: string | undefined): string {
  if (application === undefined) return env === undefined ? `${tenantPath(tenant)}/settings` : environmentPath(tenant, env);
  return env === undefined ? applicationPath({ tenant, application }) : deploymentPath({ tenant, application }, env);
}

function pathOf(tenant: string, path: string): string {
  const ref = refOfPath(`${tenantDirectory(tenant)}/${path}`);
  const found = ref && objectPath(ref);
  if (found === undefined) throw new CliError('usage', `${path} is no path of an object below a tenant.`, { next: 'write it as the state has it, such as environments/prod/apps/orders.yaml' });
  return found;
}
