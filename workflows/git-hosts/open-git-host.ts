import type { CommitStatus, GitHost, PullRequest } from './git-host.ts';
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
  /** List of open pull requests from a branch; the host may list more. */
  openFrom(head: string): string;
  readonly commentPages: string;
}

const dialects: Readonly<Record<GitHostOptions['kind'], Dialect>> = {
  github: {
    api: (url) => (url.hostname === 'github.com' ? 'https://api.github.com' : `${url.origin}/api/v3`),
    head: (repository, branch) => `${repository.split('/')[0] ?? ''}:${branch}`,
    openFrom: (head) => `/pulls?state=open&per_page=100&head=${encodeURIComponent(head)}`,
    commentPages: '?per_page=100',
  },
  gitea: {
    api: (url) => `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1`,
    head: (_repository, branch) => branch,
    openFrom: () => '/pulls?state=open&limit=50',
    commentPages: '',
  },
};

const longestDescription = 140;

interface PullAnswer {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly merged?: boolean;
  readonly merged_at?: string | null;
  readonly head: { readonly ref: string };
}

interface CommentAnswer {
  readonly id: number;
  readonly body: string;
}

/** Gitea's API has GitHub's shape; what differs stands in `dialects`. */
export function openGitHost(options: GitHostOptions): GitHost {
  const dialect = dialects[options.kind];
  return new PullRequestHost(options, dialect, openHostClient({ base: `${dialect.api(new URL(options.url))}/repos/${options.repository}`, token: options.token }));
}

class PullRequestHost implements GitHost {
  readonly #options: GitHostOptions;
  readonly #dialect: Dialect;
  readonly #client: HostClient;

  constructor(options: GitHostOptions, dialect: Dialect, client: HostClient) {
    this.#options = options;
    this.#dialect = dialect;
    this.#client = client;
  }

  async openPullRequest({ branch, base, title, body }: { branch: string; base: string; title: string; body: string }): Promise<PullRequest> {
    const head = this.#dialect.head(this.#options.repository, branch);
    // Hosts answer a second one with a conflict, each in its own words: so ask first.
    const open = await this.#client.list<PullAnswer>(this.#dialect.openFrom(head));
    const found = open.find((pull) => pull.head.ref === branch);
    return pullOf(found ?? (await this.#client.send<PullAnswer>('POST', '/pulls', { head: branch, base, title, body })));
  }

  async pullRequest(number: number): Promise<PullRequest> {
    return pullOf(await this.#client.send<PullAnswer>('GET', `/pulls/${number}`));
  }

  async keepComment(number: number, text: string): Promise<void> {
    const [mine] = await this.#comments(number, text);
    if (mine !== undefined) {
      if (mine.body !== text) await this.#client.send('PATCH', `/issues/comments/${mine.id}`, { body: text });
      return;
    }
    await this.#client.send('POST', `/issues/${number}/comments`, { body: text });
    // Two runs may have found none at once: the first comment stays, and says what was said last.
    const [first, ...others] = await this.#comments(number, text);
    for (const { id } of others) await this.#client.send('DELETE', `/issues/comments/${id}`);
    if (first !== undefined && first.body !== text) await this.#client.send('PATCH', `/issues/comments/${first.id}`, { body: text });
  }

  async setStatus(commit: string, { state, context, description, url }: CommitStatus): Promise<void> {
    const line = description.length > longestDescription ? `${description.slice(0, longestDescription - 1)}…` : description;
    await this.#client.send('POST', `/statuses/${commit}`, { state, context, description: line, ...(url === undefined ? {} : { target_url: url }) });
  }

  async #comments(number: number, text: string): Promise<readonly CommentAnswer[]> {
    const marker = firstLine(text);
    const comments = await this.#client.list<CommentAnswer>(`/issues/${number}/comments${this.#dialect.commentPages}`);
    return comments.filter(({ body }) => firstLine(body) === marker).sort((a, b) => a.id - b.id);
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}

function pullOf({ number, html_url: url, state, merged, merged_at: mergedAt }: PullAnswer): PullRequest {
  const isMerged = merged === true || (typeof mergedAt === 'string' && mergedAt !== '');
  return { number, url, state: isMerged ? 'merged' : state === 'open' ? 'open' : 'closed' };
}
