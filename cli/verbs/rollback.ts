import type { HistoryAnswer, HistoryItem, WriteAnswer } from '../client/answers.ts';
import { tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, queryOf, type WriteOptions } from './write.ts';

/** Reverts the newest commit that gave this environment another release; a hold then pins it until `cameleer resume`. */
export async function rollback(session: Session, target: ApplicationTarget, options: WriteOptions & { readonly env: string }): Promise<ExitCode> {
  const client = await session.client();
  const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(target.tenant)}/history`, {
    query: { environment: options.env, application: target.application, limit: 50 },
  });
  const newest = body.entries.find(changesRelease);
  if (newest === undefined) {
    throw new CliError('nothing_to_roll_back', `No deployment of ${target.tenant}/${target.application} to ${options.env} stands in the history.`, { next: `see \`cameleer history ${target.tenant}/${target.application} --env ${options.env}\`, and undo one commit with \`cameleer revert COMMIT --tenant ${target.tenant}\`` });
  }
  session.io.stderr.write(`  reverting ${newest.commit.slice(0, 12)}: ${newest.subject}\n`);
  const { body: answer } = await client.request<WriteAnswer>('POST', `${tenantPath(target.tenant)}/reverts`, { body: { commit: newest.commit }, query: queryOf(options) });
  return finishWrite(session, target, options.env, { ...options, what: `Rolled back ${target.tenant}/${target.application} in ${options.env}`, answer });
}

function changesRelease({ trailers }: HistoryItem): boolean {
  return ['app.deploy', 'app.promote'].includes(trailers['Cameleer-Action']?.[0] ?? '');
}
