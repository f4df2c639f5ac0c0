import { moveChangeRequest } from '../../ledger/index.ts';
import { EngineError } from '../../engine/index.ts';
import type { Stores } from '../context.ts';
import { GitHostError, type GitHost } from '../git-hosts/index.ts';
import { renderPlanMarkdown, text, verdictOf } from '../git-hosts/plan-markdown.ts';
import { goRound, type Rounds } from '../rounds.ts';
import type { MadeRequest } from './find-request.ts';
import { openRequests } from './open-requests.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';
import { standingOf } from './standing.ts';

type Needed = Pick<Stores, 'engine' | 'ledger' | 'logger' | 'now'>;

const everyMilliseconds = 5_000;
const context = 'cameleer/request';
/** Not that of a plan alone: a job of the host's CI may keep one of those on the same pull request. */
const marker = '<!-- cameleer:request -->';
/** All other requests would fare the same. */
const away: ReadonlySet<string> = new Set(['git_host_unreachable', 'git_host_busy']);
const signs = { passed: '✅', failed: '❌', pending: '⏳' } as const;

/**
 * Keeps a pull request at the Git host for each open change request: opened from its branch, its plan and checks as the one
 * comment, the verdict as a status of its commit. What the host merges is merged here too, when `main` has come. A host that
 * is away is asked again with the next round; a request that fails keeps no other from its turn.
 */
export function keepPullRequests(stores: Needed, host: GitHost): Rounds {
  /** Request → what its pull request says already. */
  const kept = new Map<number, string>();
  const round = async () => {
    for (const record of await openRequests(stores.ledger)) {
      try {
        const about = await standingOf(stores, record);
        if (kept.get(record.number) === about) continue;
        if (await keepOne(stores, host, record)) kept.set(record.number, about);
      } catch (error) {
        if (error instanceof GitHostError && away.has(error.code)) throw error;
        warn(error, record.number);
      }
    }
  };
  const warn = (error: unknown, number?: number) => {
    const code = error instanceof GitHostError || error instanceof EngineError ? error.code : 'internal';
    stores.logger.warn({ code, err: error, ...(number === undefined ? {} : { number }) }, 'pull requests were not brought up to date; the next round tries again');
  };
  return goRound(round, { milliseconds: everyMilliseconds, onError: (error) => warn(error) });
}

/** Whether it is kept until the request stands otherwise. */
async function keepOne(stores: Needed, host: GitHost, record: MadeRequest): Promise<boolean> {
  const merged = await stores.engine.requests.mergedAs(record);
  if (merged !== undefined) return settle(stores, record, merged);
  const request = await viewOf(stores, record, 'whole');
  const { number, state, mergedCommit } = await host.openPullRequest({ branch: request.branch, commit: request.commit, base: 'main', title: request.title, body: request.description });
  // Squashed with other words than ours, only the host knows it. Its commit may come with the next look.
  if (state === 'merged') return mergedCommit !== undefined && (await stores.engine.isOnMain(mergedCommit)) && settle(stores, record, mergedCommit);
  await host.keepComment(number, commentOf(request));
  await host.setStatus(request.commit, statusOf(request));
  return true;
}

async function settle(stores: Needed, record: MadeRequest, mergedCommit: string): Promise<boolean> {
  await moveChangeRequest(stores.ledger, record, { status: 'merged', mergedCommit, mergeRequest: null, now: stores.now() });
  await stores.engine.requests.retire(record, record.revision);
  return true;
}

function commentOf({ number, checks, plan, conflicts }: ChangeRequest): string {
  const lines = [`Change request ${number}, approved with \`cameleer request approve ${number}\`; merged here, or with \`cameleer request merge ${number}\` where the host lets the platform push.`, '', ...checks.map(({ name, state, reason }) => `- ${signs[state]} \`${name}\` ${text(reason)}`), ''];
  if (plan !== undefined) return `${marker}\n${renderPlanMarkdown(plan, lines)}`;
  return [marker, '### No plan', '', `${conflicts.length} files were changed by others since; update the change request.`, '', ...lines].join('\n');
}

function statusOf({ checks, plan }: ChangeRequest): { readonly state: 'pending' | 'success' | 'failure'; readonly context: string; readonly description: string } {
  const failed = checks.filter(({ state }) => state === 'failed').map(({ name }) => name);
  const pending = checks.filter(({ state }) => state === 'pending').map(({ name }) => name);
  if (failed.length > 0 || plan === undefined) return { state: 'failure', context, description: `failed: ${failed.join(', ')}` };
  if (pending.length > 0) return { state: 'pending', context, description: `waits for: ${pending.join(', ')}` };
  return { state: 'success', context, description: verdictOf(plan).line };
}
