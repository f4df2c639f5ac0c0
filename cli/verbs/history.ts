import type { HistoryAnswer } from '../client/answers.ts';
import { forAllTenants } from '../client/for-all-tenants.ts';
import { tenantPath } from '../client/paths.ts';
import { renderHistory } from '../render/history.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export interface HistoryOptions {
  readonly env?: string;
  readonly path?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
  readonly before?: string;
  readonly limit: number;
}

export async function history(session: Session, target: Target | undefined, { env, ...options }: HistoryOptions): Promise<void> {
  const client = await session.client();
  const path = target === undefined ? '/api/v1/history' : `${tenantPath(target.tenant)}/history`;
  const asked = client.request<HistoryAnswer>('GET', path, { query: { environment: env, application: target?.application, ...options } });
  const { body } = await (target === undefined ? forAllTenants(asked, 'cameleer history TENANT') : asked);
  session.print(body, (palette) => [...(body.notices ?? []).map(({ code, message }) => `${palette.yellow(`${code}:`)} ${clean(message)}`), renderHistory(body, palette)].join('\n'));
}
