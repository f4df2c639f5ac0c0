import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { HistoryAnswer } from './answers.ts';
import { tenantPath } from './paths.ts';

const pages = 25;

/** `cameleer history` prints the first twelve digits: a part that only one commit of the last 5,000 has, of the tenant or of the whole state, is enough. */
export async function fullId(session: Session, tenant: string | undefined, part: string): Promise<string> {
  const prefix = part.toLowerCase();
  if (!/^[0-9a-f]{4,39}$/.test(prefix)) return part;
  const client = await session.client();
  const found = new Set<string>();
  let before: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const { body } = await client.request<HistoryAnswer>('GET', tenant === undefined ? '/api/v1/history' : `${tenantPath(tenant)}/history`, { query: { limit: 200, before } });
    for (const { commit } of body.entries) if (commit.startsWith(prefix)) found.add(commit);
    if (body.next === undefined) break;
    before = body.next;
  }
  const [only, ...others] = found;
  const whose = tenant ?? 'the state';
  const next = `see \`cameleer history${tenant === undefined ? '' : ` ${tenant}`} --limit 200\``;
  if (only === undefined) throw new CliError('unknown_revision', `No commit of ${whose} begins with ${part}.`, { next });
  if (others.length > 0) throw new CliError('unknown_revision', `Several commits of ${whose} begin with ${part}.`, { next: 'give more digits' });
  return only;
}
