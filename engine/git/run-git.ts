import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { GitError } from './git-error.ts';

/**
 * A git that sees this repository and nothing of the user's or the machine's configuration: no aliases, no hooks path, no
 * replace refs, no prompts, English messages.
 */
export function gitEnvironment(directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    GIT_DIR: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** Starts a git process on the bare repository; the caller ends it. `more`: variables of git, besides ours. Throws `git_failed`. */
export function spawnGit(directory: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
  const child = spawn('git', [...args], { env: { ...gitEnvironment(directory), ...more }, stdio: ['pipe', 'pipe', 'pipe'] });
  expectPipes(child);
  return child;
}

/** Out of files, Node gives a process without pipes, and tells of it when nobody listens yet. Throws `git_failed`. */
export function expectPipes(child: { readonly stdout?: unknown; once(event: 'error', listener: () => void): unknown }): void {
  if (child.stdout !== undefined) return;
  child.once('error', () => {});
  throw new GitError('git_failed', 'git could not be started, because this process has too many files and connections open. Raise its limit of open files (ulimit -n).');
}

/** Runs git to its end and answers with its output. Throws `git_failed`, with what git said as `cause`. */
export async function runGit(directory: string, args: readonly string[]): Promise<Buffer> {
  return outputOf(spawnGit(directory, args), args);
}

/** The same, durably, for work that nobody waits for: on one processor at most, and giving way to everybody else. `signal` ends it. */
export async function runGitAside(directory: string, args: readonly string[], signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  const child = spawnGit(directory, [...modest, ...args]);
  const end = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  child.once('close', () => signal?.removeEventListener('abort', end));
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended.
  }
  return outputOf(child, args);
}

const modest = ['core.fsync=all', 'pack.threads=1', 'pack.windowMemory=64m', 'pack.deltaCacheSize=32m', 'core.packedGitWindowSize=8m', 'core.packedGitLimit=256m'].flatMap((setting) => ['-c', setting]);

async function outputOf(child: ChildProcessWithoutNullStreams, args: readonly string[]): Promise<Buffer> {
  child.stdin.on('error', () => {});
  child.stdin.end();
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (cause) => reject(new GitError('git_failed', 'git could not be started. Install git 2.39 or newer.', { cause })));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (status === 0) return Buffer.concat(output);
  throw new GitError('git_failed', `git ${args[0] ?? ''} ended with ${String(status)}.`, { cause: new Error(Buffer.concat(complaints).toString('utf8').trim()) });
}
