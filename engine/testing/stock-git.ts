import { execFileSync } from 'node:child_process';

/** Runs the machine's git on a repository as an operator would, and answers with its output. For tests and benches. */
export function stockGit(directory: string, args: readonly string[], options: { readonly input?: string | undefined; readonly environment?: NodeJS.ProcessEnv | undefined } = {}): string {
  const identity = { GIT_AUTHOR_NAME: 'Op', GIT_AUTHOR_EMAIL: 'op@acme.example', GIT_COMMITTER_NAME: 'Op', GIT_COMMITTER_EMAIL: 'op@acme.example', GIT_CONFIG_GLOBAL: '/dev/null' };
  const env = { PATH: process.env['PATH'], ...identity, ...options.environment };
  return execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', input: options.input, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'], env }).trim();
}

/** Makes loose objects of what a pack holds. */
export function unpackPack(directory: string, pack: Buffer): void {
  execFileSync('git', ['-C', directory, 'unpack-objects', '-q'], { input: pack });
}
