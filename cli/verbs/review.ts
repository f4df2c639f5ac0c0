import { openGitHost, type GitHost } from '../../workflows/git-hosts/index.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import type { PlanRequest } from '../offline/plan-revisions.ts';
import { reviewRevisions } from '../offline/review-revisions.ts';
import { renderPlanMarkdown, verdictOf } from '../../workflows/git-hosts/plan-markdown.ts';
import type { Session } from '../session.ts';

export interface ReviewOptions extends PlanRequest {
  readonly pullRequest: number;
}

const context = 'cameleer/plan';

/**
 * Plans a pull request in anybody's CI, keeps the plan as its one comment and the verdict as a status of its head commit.
 * Fails when the plan has errors, so that the job fails too.
 */
export async function review(session: Session, options: ReviewOptions): Promise<ExitCode> {
  const host = hostOf(session.io);
  const plan = await (await reviewRevisions(session.io, options))();
  const { good, line } = verdictOf(plan);
  await host.keepComment(options.pullRequest, renderPlanMarkdown(plan));
  // Last: a green commit without its plan would say too much.
  if (plan.head !== undefined) await host.setStatus(plan.head, { state: good ? 'success' : 'failure', context, description: line });
  session.print({ good, verdict: line, plan }, (palette) => `${good ? palette.green('valid') : palette.red('not valid')}: ${line}`);
  return good ? exitCodes.ok : exitCodes.failed;
}

/** `CAMELEER_GIT_HOST…`, else what the CI of GitHub and of Gitea says by itself. */
function hostOf({ env }: Io): GitHost {
  const value = (name: string, fallback: string) => env[name] ?? env[fallback];
  const url = value('CAMELEER_GIT_HOST_URL', 'GITHUB_SERVER_URL');
  const repository = value('CAMELEER_GIT_HOST_REPOSITORY', 'GITHUB_REPOSITORY');
  const token = value('CAMELEER_GIT_HOST_TOKEN', 'GITHUB_TOKEN');
  const kind = env['CAMELEER_GIT_HOST'] ?? (env['GITEA_ACTIONS'] === 'true' ? 'gitea' : 'github');
  if (url === undefined || repository === undefined || token === undefined) {
    throw new CliError('usage', 'The Git host of the pull request is not known.', { next: 'set CAMELEER_GIT_HOST_URL, CAMELEER_GIT_HOST_REPOSITORY and CAMELEER_GIT_HOST_TOKEN; the CI of GitHub and of Gitea sets all but GITHUB_TOKEN' });
  }
  if (kind !== 'gitea' && kind !== 'github') throw new CliError('usage', 'CAMELEER_GIT_HOST is neither gitea nor github.', { next: 'set it to one of them' });
  if (!URL.canParse(url) || !/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new CliError('usage', 'The address or the name of the repository on the Git host can not be read.', { next: 'give an address such as https://git.acme.example and a name such as acme/state' });
  return openGitHost({ kind, url, repository, token: () => Promise.resolve(token) });
}
