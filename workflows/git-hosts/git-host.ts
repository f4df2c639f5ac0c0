import { CodedError } from '../../schemas/index.ts';

export type GitHostErrorCode = 'git_host_unreachable' | 'git_host_busy' | 'git_host_refused' | 'git_host_not_found' | 'git_host_failed';

/** What a Git host said no to; the message is safe to show and holds no credential. */
export class GitHostError extends CodedError<GitHostErrorCode> {
  override readonly name = 'GitHostError';
  /** Seconds after which the host wants to be asked again, when it said so. */
  readonly retryAfter: number | undefined;
  constructor(code: GitHostErrorCode, message: string, options: { readonly cause?: unknown; readonly retryAfter?: number } = {}) {
    super(code, message, options);
    this.retryAfter = options.retryAfter;
  }
}

export interface PullRequest {
  readonly number: number;
  /** For people. */
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  /** The commit that a merge made of it on the base branch. */
  readonly mergedCommit?: string;
}

export interface WantedPullRequest {
  readonly branch: string;
  readonly commit: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure';
  /** Names the check among those of others: `cameleer/plan`. */
  readonly context: string;
  /** One line; cut to what hosts take (140 characters). */
  readonly description: string;
  readonly url?: string;
}

/** One repository on a host of pull requests. Every method may be repeated. Throws `GitHostError`. */
export interface GitHost {
  /**
   * Opens a pull request from a branch, or answers with the one that is open already, or with the one by which the host has
   * merged this very `commit`, the head of the branch.
   */
  openPullRequest(pull: WantedPullRequest): Promise<PullRequest>;
  pullRequest(number: number): Promise<PullRequest>;
  /** Keeps one comment of ours on a pull request: the text replaces that of the one by the same login that begins with the same first line. */
  keepComment(number: number, text: string): Promise<void>;
  setStatus(commit: string, status: CommitStatus): Promise<void>;
}
