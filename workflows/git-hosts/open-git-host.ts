import { GitHostError, type CommitStatus, type GitHost, type PullRequest, type WantedPullRequest } from './git-host.ts';
import { openHostClient, type HostClient } from './host-client.ts';

export interface GitHostOptions {
  readonly kind: 'gitea' | 'github';
  /** Of the web pages: `https://github.com`, `https://git.acme.example`. */
  readonly url: string;
  /** `owner/name` */
  readonly repository: string;
  /** Asked before each request, so that a token that expires can be replaced. */
  readonly token: () => Promise<string>;
}

interface Dialect {
  /** Where the API of a host is. */
  api(url: URL): string;
  /** How a branch of the same repository is named. */
  head(repository: string, branch: string): string;
  /** List of pull requests from a branch, those that changed last first where the host lists more. */
  pullsFrom(head: string, state: 'open' | 'closed'): string;
  readonly commentPages: string;
  /** Login of whom the token belongs to. Throws where the token may not ask; it may comment all the same. */
  login(client: HostClient): Promise<string>;
}

const dialects: Readonly<Record<GitHostOptions['kind'], Dialect>> = {
  github: {
    api: (url) => (url.hostname === 'github.com' ? 'https://api.github.com' : `${url.origin}/api/v3`),
    head: (repository, branch) => `${repository.split('/')[0] ?? ''}:${branch}`,
    pullsFrom: (head, state) => `/pulls?state=${state}&per_page=100&head=${encodeURIComponent(head)}`,
    commentPages: '?per_page=100',
    // The token of an app or of a job has no `/user`.
    login: async (client) => (await client.graphql<{ readonly viewer: { readonly login: string } }>('query { viewer { login } }')).viewer.login,
  },
  gitea: {
    api: (url) => `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1`,
    head: (_repository, branch) => branch,
    pullsFrom: (_head, state) => `/pulls?state=${state}&sort=recentupdate&limit=50`,
    commentPages: '',
    login: async (client) => (await client.ofApi<UserAnswer>('/user')).login,
  },
};

const longestDescription = 140;

interface PullAnswer {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly merged?: boolean;
  readonly merged_at?: string | null;
  readonly merge_commit_sha?: string | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly ref: string };
}

interface UserAnswer {
  readonly login: string;
}

interface CommentAnswer {
  readonly id: number;
  readonly body: string;
  readonly user: UserAnswer;
}

/** Gitea's API has GitHub's shape; what differs stands in `dialects`. */
export function openGitHost(options: GitHostOptions): GitHost {
  const dialect = dialects[options.kind];
  return new PullRequestHost(options, dialect, openHostClient({ api: dialect.api(new URL(options.url)), repository: options.repository, token: options.token }));
}

class PullRequestHost implements GitHost {
  readonly #options: GitHostOptions;
  readonly #dialect: Dialect;
  readonly #client: HostClient;
  /** Who we are there, once it is known. */
  #login: string | undefined;

  constructor(options: GitHostOptions, dialect: Dialect, client: HostClient) {
    this.#options = options;
    this.#dialect = dialect;
    this.#client = client;
  }

  async openPullRequest({ branch, commit, base, title, body }: WantedPullRequest): Promise<PullRequest> {
    const head = this.#dialect.head(this.#options.repository, branch);
    // Anybody's fork may have a branch of this name.
    const isOurs = ({ head: from, base: to }: PullAnswer) => from.ref === branch && to.ref === base && from.repo?.full_name.toLowerCase() === this.#options.repository.toLowerCase();
    // Hosts answer a second one with a conflict, each in its own words: so ask first.
    const open = (await this.#client.list<PullAnswer>(this.#dialect.pullsFrom(head, 'open'))).find(isOurs);
    if (open !== undefined) return pullOf(open);
    // One that was merged a moment ago stands on the first page.
    const closed = await this.#client.send<readonly PullAnswer[]>('GET', this.#dialect.pullsFrom(head, 'closed'));
    const merged = closed.find((pull) => isOurs(pull) && pull.head.sha === commit && pullOf(pull).state === 'merged');
    return pullOf(merged ?? (await this.#client.send<PullAnswer>('POST', '/pulls', { head: branch, base, title, body })));
  }

  async pullRequest(number: number): Promise<PullRequest> {
    return pullOf(await this.#client.send<PullAnswer>('GET', `/pulls/${number}`));
  }

  /** Anybody may write a comment that begins like ours: only those of our own login are ours. */
  async keepComment(number: number, text: string): Promise<void> {
    this.#login ??= await this.#dialect.login(this.#client).catch(unlessRefused);
    const [mine] = await this.#comments(number, text);
    if (mine !== undefined) return this.#say(mine, text);
    const made = await this.#client.send<CommentAnswer>('POST', `/issues/${number}/comments`, { body: text });
    // The host knows best who we are. Others of ours: two runs may have found none at once, or an earlier one did not know its login. The first stays, and says what was said last.
    this.#login = made.user.login;
    const [first = made, ...others] = await this.#comments(number, text);
    for (const { id } of others) await this.#client.send('DELETE', `/issues/comments/${id}`).catch(unlessGone);
    await this.#say(first, text);
  }

  async #say({ id, body }: CommentAnswer, text: string): Promise<void> {
    if (body !== text) await this.#client.send('PATCH', `/issues/comments/${id}`, { body: text });
  }

  async setStatus(commit: string, { state, context, description, url }: CommitStatus): Promise<void> {
    const line = description.length > longestDescription ? `${description.slice(0, longestDescription - 1)}…` : description;
    await this.#client.send('POST', `/statuses/${commit}`, { state, context, description: line, ...(url === undefined ? {} : { target_url: url }) });
  }

  async #comments(number: number, text: string): Promise<readonly CommentAnswer[]> {
    const marker = firstLine(text);
    const comments = await this.#client.list<CommentAnswer>(`/issues/${number}/comments${this.#dialect.commentPages}`);
    return comments.filter(({ body, user }) => user.login === this.#login && firstLine(body) === marker).sort((a, b) => a.id - b.id);
  }
}

/** Not known: then a comment that is made tells it. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof GitHostError) || error.code === 'git_host_unreachable' || error.code === 'git_host_busy') throw error;
  return undefined;
}

/** Another run took it away. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof GitHostError) || error.code !== 'git_host_not_found') throw error;
  return undefined;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}

function pullOf({ number, html_url: url, state, merged, merged_at: mergedAt, merge_commit_sha: mergedCommit }: PullAnswer): PullRequest {
  const isMerged = merged === true || (typeof mergedAt === 'string' && mergedAt !== '');
  if (!isMerged) return { number, url, state: state === 'open' ? 'open' : 'closed' };
  return { number, url, state: 'merged', ...(typeof mergedCommit === 'string' && { mergedCommit }) };
}
