import { setTimeout as pause } from 'node:timers/promises';
import { GitHostError } from './git-host.ts';

export interface HostClient {
  /** `path` begins with a slash and is below the repository. */
  send<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Of the API itself, not of the repository. */
  ofApi<T>(path: string): Promise<T>;
  /** GitHub's. */
  graphql<T>(query: string): Promise<T>;
  /** All pages of a list. */
  list<T>(path: string): Promise<readonly T[]>;
}

const timeoutMilliseconds = 30_000;
/** Hosts stumble over two changes of one thing at once, and are well again a moment later. */
const attempts = 3;
const pauseMilliseconds = 500;
/** A pull request with more comments than fit here has other trouble. */
const mostPages = 50;

export function openHostClient({ api, repository, token }: { readonly api: string; readonly repository: string; readonly token: () => Promise<string> }): HostClient {
  const base = `${api}/repos/${repository}`;
  const { origin } = new URL(api);
  const ask = async (method: string, url: string, body?: unknown): Promise<Response> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await askOnce(method, url, body);
      } catch (error) {
        // What may have been made is not made again, and who says when is not asked before.
        const again = method !== 'POST' && attempt < attempts && error instanceof GitHostError && error.code === 'git_host_busy' && error.retryAfter === undefined;
        if (!again) throw error;
        await pause(attempt * pauseMilliseconds);
      }
    }
  };
  const askOnce = async (method: string, url: string, body?: unknown): Promise<Response> => {
    const credential = await token();
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', authorization: `token ${credential}`, 'content-type': 'application/json', 'user-agent': 'cameleer' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    }).catch((cause: unknown) => {
      throw new GitHostError('git_host_unreachable', `${origin} does not answer. Check the address of the Git host and the network, then try again.`, { cause });
    });
    if (!response.ok) throw await refusalOf(response, origin);
    return response;
  };
  return {
    async send<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) {
      const response = await ask(method, base + path, body);
      return (response.status === 204 ? undefined : await jsonOf(response, origin)) as T;
    },
    async ofApi<T>(path: string) {
      return (await jsonOf(await ask('GET', api + path), origin)) as T;
    },
    async graphql<T>(query: string) {
      const answer = (await jsonOf(await ask('POST', `${api.replace(/\/v3$/, '')}/graphql`, { query }), origin)) as { readonly data?: T | null };
      if (answer.data === undefined || answer.data === null) throw new GitHostError('git_host_refused', `${origin} does not answer the query. Give the token the right to write pull requests.`);
      return answer.data;
    },
    async list<T>(path: string) {
      const found: T[] = [];
      let url: string | undefined = base + path;
      for (let page = 0; url !== undefined && page < mostPages; page += 1) {
        const response = await ask('GET', url);
        found.push(...((await jsonOf(response, origin)) as T[]));
        url = nextPage(response.headers.get('link'), origin);
      }
      return found;
    },
  };
}

async function jsonOf(response: Response, origin: string): Promise<unknown> {
  return response.json().catch((cause: unknown) => {
    throw new GitHostError('git_host_failed', `${origin} answered with something else than JSON. Check that this is the address of a Git host.`, { cause });
  });
}

/** RFC 8288; a link that leads to another host would take the token there. */
function nextPage(link: string | null, origin: string): string | undefined {
  const next = /<([^>]+)>\s*;[^,]*\brel="next"/.exec(link ?? '')?.[1];
  return next !== undefined && new URL(next).origin === origin ? next : undefined;
}

async function refusalOf(response: Response, origin: string): Promise<GitHostError> {
  const { status } = response;
  const cause = new Error(`${status}: ${(await response.text().catch(() => '')).slice(0, 500)}`);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const wait = Number.isFinite(retryAfter) ? { retryAfter } : {};
  const limited = status === 429 || (status === 403 && (response.headers.get('x-ratelimit-remaining') === '0' || Number.isFinite(retryAfter)));
  if (limited || status >= 500) return new GitHostError('git_host_busy', `${origin} can not answer now (${status}). Try again later.`, { cause, ...wait });
  if (status === 401 || status === 403) return new GitHostError('git_host_refused', `${origin} refuses the token. Give it the right to write pull requests and commit statuses of this repository.`, { cause });
  if (status === 404) return new GitHostError('git_host_not_found', `${origin} has no such repository or pull request, or the token may not see it.`, { cause });
  return new GitHostError('git_host_failed', `${origin} refuses the request (${status}). Check the branch, the commit and the pull request that it names.`, { cause });
}
