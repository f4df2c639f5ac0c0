import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { GitHostOptions } from '../workflows/git-hosts/index.ts';
import { ApiError } from './errors.ts';

type Value = (name: string) => string | undefined;

/**
 * `CAMELEER_GIT_HOST`, default none: `github` or `gitea`, where change requests are kept as pull requests. The rest follows
 * from `CAMELEER_STATE_REMOTE` and its token, unless said otherwise: `CAMELEER_GIT_HOST_URL`, `…_REPOSITORY` (`owner/name`),
 * `…_TOKEN_FILE`.
 */
export function gitHostOf(value: Value): GitHostOptions | undefined {
  const kind = value('CAMELEER_GIT_HOST');
  if (kind === undefined) return undefined;
  if (kind !== 'github' && kind !== 'gitea') throw new ApiError('bad_configuration', `CAMELEER_GIT_HOST is ${JSON.stringify(kind)}; set it to github or gitea.`);
  return { kind, ...placeOf(value), token: tokenOf(value) };
}

function placeOf(value: Value): Pick<GitHostOptions, 'url' | 'repository'> {
  const [, origin, path] = /^(https?:\/\/[^/]+)\/(.+?)(?:\.git)?\/*$/.exec(value('CAMELEER_STATE_REMOTE') ?? '') ?? [];
  const url = value('CAMELEER_GIT_HOST_URL') ?? origin ?? '';
  const repository = value('CAMELEER_GIT_HOST_REPOSITORY') ?? path ?? '';
  if (!URL.canParse(url) || !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new ApiError('bad_configuration', 'With CAMELEER_GIT_HOST, CAMELEER_STATE_REMOTE must be such as https://git.acme.example/owner/name.git, or CAMELEER_GIT_HOST_URL and CAMELEER_GIT_HOST_REPOSITORY (owner/name) must be set.');
  }
  return { url, repository };
}

function tokenOf(value: Value): () => Promise<string> {
  const file = value('CAMELEER_GIT_HOST_TOKEN_FILE') ?? value('CAMELEER_STATE_TOKEN_FILE');
  if (file !== undefined) return async () => (await readFile(resolve(file), 'utf8')).trim();
  const token = value('CAMELEER_STATE_TOKEN');
  if (token === undefined) throw new ApiError('bad_configuration', 'CAMELEER_GIT_HOST needs a token: set CAMELEER_GIT_HOST_TOKEN_FILE or CAMELEER_STATE_TOKEN_FILE.');
  return () => Promise.resolve(token);
}
