import type { Session } from '../session.ts';

/** The mailmap that gives the opaque authors their names: `git -c mailmap.file=FILE log --use-mailmap`. Operators only. */
export async function auditMailmap(session: Session): Promise<void> {
  const text = await (await session.client()).text('/api/v1/audit/mailmap', { headers: { Accept: 'text/plain' } });
  session.print({ mailmap: text }, () => text);
}
