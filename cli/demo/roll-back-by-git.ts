import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HistoryAnswer, WhoAmI } from '../client/answers.ts';
import { tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import type { ApplicationTarget } from '../target.ts';
import type { Stage } from './stage.ts';

export interface Rollback {
  readonly environment: string;
  /** Releases. */
  readonly from: string;
  readonly to: string;
}

/** A real `git revert` in a clone of the state repository, pushed by its file path: past the API, noticed by the engine. */
export async function rollBackByGit(stage: Stage, { tenant, application }: ApplicationTarget, { environment, from, to }: Rollback): Promise<void> {
  stage.title(`Roll back from ${from} to ${to} with nothing but git`);
  const { client, session } = stage;
  const { body: who } = await client.request<WhoAmI>('GET', '/api/v1/whoami');
  const { body } = await client.request<HistoryAnswer>('GET', `${tenantPath(tenant)}/history`, { query: { environment, application, limit: 20 } });
  const commit = body.entries.find(({ trailers }) => trailers['Cameleer-Action']?.includes('app.promote'))?.commit;
  if (commit === undefined) throw new CliError('demo_failed', `No promotion to ${environment} stands in the history.`, { next: 'run `npm run demo` again' });
  const repository = who.stateRepository ?? resolve(session.dataDirectory, 'state.git');
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-demo-'));
  const clone = join(folder, 'state');
  const name = who.subject.id ?? 'demo';
  const email = `${name}@users.noreply.cameleer.io`;
  const env = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'commit.gpgsign', GIT_CONFIG_VALUE_0: 'false' };
  try {
    await stage.git(folder, ['clone', '--quiet', '--branch', 'main', repository, clone]);
    await stage.git(clone, ['show', '--stat', '--format=%h %an: %s', commit], { show: true });
    await stage.git(clone, ['revert', '--no-edit', commit], { env, show: true });
    await stage.git(clone, ['push', '--quiet', 'origin', 'HEAD:main'], { env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
