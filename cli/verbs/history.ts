import type { HistoryAnswer } from '../client/answers.ts';
import { tenantPath } from '../client/paths.ts';
import { renderHistory } from '../render/history.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export async function history(session: Session, target: Target, options: { readonly env?: string; readonly limit: number }): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(target.tenant)}/history`, {
    query: { environment: options.env, application: target.application, limit: options.limit },
  });
  session.print(body, (palette) => [...(body.notices ?? []).map(({ code, message }) => `${palette.yellow(`${code}:`)} ${clean(message)}`), renderHistory(body.entries, palette)].join('\n'));
}
