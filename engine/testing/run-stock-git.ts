import { execFile } from 'node:child_process';

export interface GitRun {
  readonly status: number | string;
  readonly out: string;
  readonly err: string;
}

/** Runs the machine's git as a client would, while this process serves it; answers also when it fails. For tests and benches. */
export function runStockGit(directory: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<GitRun> {
  const identity = { GIT_AUTHOR_NAME: 'Op', GIT_AUTHOR_EMAIL: 'op@acme.example', GIT_COMMITTER_NAME: 'Op', GIT_COMMITTER_EMAIL: 'op@acme.example' };
  const env = { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...identity, ...environment };
  return new Promise((resolve) => {
    execFile('git', [...args], { cwd: directory, env, maxBuffer: 1 << 28 }, (error, out, err) => {
      resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? 1), out, err });
    });
  });
}
