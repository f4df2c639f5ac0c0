import { isOlder } from '../../schemas/index.ts';
import { ApiError } from '../client/api-error.ts';
import type { HistoryAnswer, HistoryItem, ObjectAnswer, RequestedAnswer, WriteAnswer } from '../client/answers.ts';
import type { Client } from '../client/http.ts';
import { deploymentPath, tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, queryOf, type WriteOptions } from './write.ts';

/** Commits about the deployment that are asked for at once. */
const page = 50;

interface ReleaseChange {
  readonly entry: HistoryItem;
  /** Undefined: it was not deployed before. */
  readonly from: string | undefined;
  readonly to: string;
}

/**
 * Takes back, of the newest commit that gave this environment another release, what it did to this application there; a hold then
 * pins it until `cameleer resume`. One that went back itself is not taken back: that would roll forward.
 */
export async function rollback(session: Session, target: ApplicationTarget, options: WriteOptions & { readonly env: string }): Promise<ExitCode> {
  const client = await session.client();
  const { entry, from, to } = await newestChange(client, target, options.env);
  session.io.stderr.write(`  reverting ${entry.commit.slice(0, 12)}: ${clean(entry.subject)}\n`);
  const { body: answer } = await client.request<WriteAnswer | RequestedAnswer>('POST', `${tenantPath(target.tenant)}/reverts`, {
    body: { commit: entry.commit, environment: options.env, application: target.application },
    query: queryOf(options),
  });
  return finishWrite(session, target, options.env, { ...options, what: `Rolled back ${target.tenant}/${target.application} in ${options.env} from ${to} to ${from}`, release: from, answer });
}

async function newestChange(client: Client, target: ApplicationTarget, environment: string): Promise<ReleaseChange & { readonly from: string }> {
  const name = `${target.tenant}/${target.application}`;
  const found = await newestOf(commitsAbout(client, target, environment), (commit) => releaseAt(client, deploymentPath(target, environment), commit));
  if (found?.from === undefined) {
    throw new CliError('nothing_to_roll_back', `No earlier release of ${name} stands in the history of ${environment}.`, { next: `see \`cameleer history ${name} --env ${environment}\`, and undo one commit with \`cameleer revert COMMIT --tenant ${target.tenant}\`` });
  }
  if (isOlder(found.to, found.from)) {
    throw new CliError('nothing_to_roll_back', `The newest change of release of ${name} in ${environment} went back itself, from ${found.from} to ${found.to}.`, { next: `deploy the release that should run there: \`cameleer deploy ${name} --env ${environment} --release vN\`` });
  }
  return { ...found, from: found.from };
}

/** Newest first, page by page as they are asked for. */
async function* commitsAbout(client: Client, { tenant, application }: ApplicationTarget, environment: string): AsyncGenerator<HistoryItem> {
  const query = { path: `environments/${environment}/apps/${application}.yaml`, limit: page };
  let before: string | undefined;
  do {
    const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(tenant)}/history`, { query: { ...query, before } });
    yield* body.entries;
    before = body.next;
  } while (before !== undefined);
}

async function newestOf(entries: AsyncIterable<HistoryItem>, releaseAfter: (commit: string) => Promise<string | undefined>): Promise<ReleaseChange | undefined> {
  let newer: { readonly entry: HistoryItem; readonly to: string } | undefined;
  for await (const entry of entries) {
    const release = await releaseAfter(entry.commit);
    if (newer !== undefined && release !== newer.to) return { ...newer, from: release };
    // Not deployed at all: what came before is not gone back to.
    if (release === undefined) return undefined;
    newer = { entry, to: release };
  }
  return undefined;
}

async function releaseAt(client: Client, path: string, commit: string): Promise<string | undefined> {
  try {
    const { body } = await client.request<ObjectAnswer>('GET', path, { query: { at: commit } });
    return String(body.object.spec['release']);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
