import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GitError } from '../git-error.ts';
import { expectPipes, gitEnvironment } from '../run-git.ts';

export interface RemoteRun {
  /** `undefined`: ended because nothing moved any more, or the time was up. */
  readonly status: number | undefined;
  readonly output: string;
  readonly complaints: string;
  /** Statuses of HTTP, in order, and the last Retry-After in seconds. */
  readonly statuses: readonly number[];
  readonly retryAfterSeconds: number | undefined;
}

export interface RemoteRunOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Ended when nothing was heard of it for so long, and in any case after `wholeMilliseconds`. */
  readonly stallMilliseconds: number;
  readonly wholeMilliseconds: number;
  readonly now: () => Date;
}

/** More than git says, but for a remote that says too much. */
const mostCharacters = 256 * 1024;

/** Runs one command of git that talks to the remote, in a process group of its own, so that all of it can be ended. */
export async function runRemoteGit(directory: string, args: readonly string[], { environment, stallMilliseconds, wholeMilliseconds, now }: RemoteRunOptions): Promise<RemoteRun> {
  const child = spawn('git', [...args], { env: { ...gitEnvironment(directory), ...environment }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  expectPipes(child);
  const said = { output: '', complaints: '', trace: '' };
  let stalled = false;
  const end = () => {
    stalled = true;
    endGroup(child);
  };
  const stall = setTimeout(end, stallMilliseconds);
  const whole = setTimeout(end, wholeMilliseconds);
  const collect = (stream: unknown, part: keyof typeof said) =>
    (stream as Readable).on('data', (chunk: Buffer) => {
      stall.refresh();
      if (said[part].length < mostCharacters) said[part] += chunk.toString('utf8');
    });
  collect(child.stdout, 'output');
  collect(child.stderr, 'complaints');
  collect(child.stdio[3], 'trace');
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new GitError('git_failed', 'git could not be started. Install git 2.39 or newer.', { cause })));
      child.once('close', resolve);
    });
    return { status: stalled ? undefined : (status ?? undefined), output: said.output, complaints: said.complaints, ...readTrace(said.trace, now()) };
  } finally {
    clearTimeout(stall);
    clearTimeout(whole);
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function readTrace(trace: string, now: Date): Pick<RemoteRun, 'statuses' | 'retryAfterSeconds'> {
  const statuses = [...trace.matchAll(/<= Recv header: HTTP\/[\d.]+ (\d{3})/g)].map(([, status]) => Number(status));
  const after = [...trace.matchAll(/<= Recv header: retry-after: ([^\r\n]+)/gi)].at(-1)?.[1]?.trim();
  return { statuses, retryAfterSeconds: after === undefined ? undefined : secondsOf(after, now) };
}

/** Seconds, or a date (RFC 9110). */
function secondsOf(text: string, now: Date): number | undefined {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
