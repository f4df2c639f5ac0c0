export { GitHostError } from './git-host.ts';
export type { CommitStatus, GitHost, GitHostErrorCode, PullRequest } from './git-host.ts';
export { openGitHost } from './open-git-host.ts';
export type { GitHostOptions } from './open-git-host.ts';
