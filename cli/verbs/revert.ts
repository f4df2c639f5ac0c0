import type { HistoryAnswer, HistoryItem, WriteAnswer } from '../client/answers.ts';
import { tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, showWrite, type WriteOptions } from './write.ts';

/** Undoes what one commit did to a tenant's deployments and configuration. */
export async function revert(session: Session, commit: string, options: { readonly tenant: string; readonly dryRun?: boolean }): Promise<void> {
  const id = await fullId(session, options.tenant, commit);
  const body = await sendRevert(session, options.tenant, id, options.dryRun === true);
  showWrite(session, `Reverted ${id.slice(0, 12)} in ${options.tenant}`, body, options.dryRun === true);
}

const pages = 25;

/** `cameleer history` prints the first twelve digits: a part that only one commit of the tenant's last 5,000 has is enough. */
async function fullId(session: Session, tenant: string, part: string): Promise<string> {
  const prefix = part.toLowerCase();
  if (!/^[0-9a-f]{4,39}$/.test(prefix)) return part;
  const client = await session.client();
  const found = new Set<string>();
  let before: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(tenant)}/history`, { query: { limit: 200, before } });
    for (const { commit } of body.entries) if (commit.startsWith(prefix)) found.add(commit);
    if (body.next === undefined) break;
    before = body.next;
  }
  const [only, ...others] = found;
  const next = `see \`cameleer history ${tenant} --limit 200\``;
  if (only === undefined) throw new CliError('unknown_revision', `No commit of ${tenant} begins with ${part}.`, { next });
  if (others.length > 0) throw new CliError('unknown_revision', `Several commits of ${tenant} begin with ${part}.`, { next: 'give more digits' });
  return only;
}

/** Reverts the newest commit that gave this environment another release; a hold then pins it until `cameleer resume`. */
export async function rollback(session: Session, target: ApplicationTarget, options: WriteOptions & { readonly env: string }): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(target.tenant)}/history`, {
    query: { environment: options.env, application: target.application, limit: 50 },
  });
  const newest = body.entries.find(changesRelease);
  if (newest === undefined) {
    throw new CliError('nothing_to_roll_back', `No deployment of ${target.tenant}/${target.application} to ${options.env} stands in the history.`, { next: `see \`cameleer history ${target.tenant}/${target.application} --env ${options.env}\`, and undo one commit with \`cameleer revert COMMIT --tenant ${target.tenant}\`` });
  }
  session.io.stderr.write(`  reverting ${newest.commit.slice(0, 12)}: ${newest.subject}\n`);
  const answer = await sendRevert(session, target.tenant, newest.commit, options.dryRun === true);
  await finishWrite(session, target, options.env, { ...options, what: `Rolled back ${target.tenant}/${target.application} in ${options.env}`, answer });
}

function changesRelease({ trailers }: HistoryItem): boolean {
  return ['app.deploy', 'app.promote'].includes(trailers['Cameleer-Action']?.[0] ?? '');
}

async function sendRevert(session: Session, tenant: string, commit: string, dryRun: boolean): Promise<WriteAnswer> {
  const client = await session.client();
  return (await client.request<WriteAnswer>('POST', `${tenantPath(tenant)}/reverts`, { body: { commit }, query: { dryRun: dryRun || undefined } })).body;
}
