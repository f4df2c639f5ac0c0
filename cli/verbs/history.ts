import type { HistoryAnswer } from '../client/answers.ts';
import { tenantPath } from '../client/paths.ts';
import { renderHistory } from '../render/history.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export async function history(session: Session, target: Target, options: { readonly env?: string; readonly limit: number }): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(target.tenant)}/history`, {
    query: { environment: options.env, application: target.application, limit: options.limit },
  });
  session.print(body, (palette) => renderHistory(body.entries, palette));
}
