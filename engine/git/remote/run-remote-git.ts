import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GitError } from '../git-error.ts';
import { expectPipes, gitEnvironment } from '../run-git.ts';
import { eachLine } from './each-line.ts';
import { KeptText } from './kept-text.ts';
import { leaseHeld, leaseLost } from './lease-hook.ts';
import { traceDescriptor } from './remote-environment.ts';

export interface RemoteRun {
  /** `undefined`: ended because nothing moved any more, or the time was up. */
  readonly status: number | undefined;
  /** Beginning and end of what is longer than anybody reads. */
  readonly output: string;
  readonly complaints: string;
  /** What the hook said of the leases. */
  readonly lease: 'held' | 'lost' | undefined;
  /** The last status of HTTP, and the last Retry-After in seconds. */
  readonly httpStatus: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

export interface RemoteRunOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Ended when nothing was heard of it for so long, and in any case after `wholeMilliseconds`. */
  readonly stallMilliseconds: number;
  readonly wholeMilliseconds: number;
  readonly now: () => Date;
}

/** Runs one command of git that talks to the remote, in a process group of its own, so that all of it can be ended. */
export async function runRemoteGit(directory: string, args: readonly string[], { environment, stallMilliseconds, wholeMilliseconds, now }: RemoteRunOptions): Promise<RemoteRun> {
  const child = spawn('git', [...args], { env: { ...gitEnvironment(directory), ...environment }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  expectPipes(child);
  const said = { output: new KeptText(), complaints: new KeptText() };
  const hook = hookReader();
  const trace = traceReader(now);
  let stalled = false;
  const end = () => {
    stalled = true;
    endGroup(child);
  };
  const stall = setTimeout(end, stallMilliseconds);
  const whole = setTimeout(end, wholeMilliseconds);
  const listen = (stream: unknown, ...listeners: readonly { add(text: string): void }[]) =>
    (stream as Readable).setEncoding('utf8').on('data', (text: string) => {
      stall.refresh();
      for (const listener of listeners) listener.add(text);
    });
  listen(child.stdout, said.output);
  listen(child.stderr, said.complaints, hook);
  listen(child.stdio[traceDescriptor], trace);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new GitError('git_failed', 'git could not be started. Install git 2.39 or newer.', { cause })));
      child.once('close', resolve);
    });
    return { status: stalled ? undefined : (status ?? undefined), output: said.output.toString(), complaints: said.complaints.toString(), lease: hook.end(), ...trace.end() };
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

/** Read as it comes: of a remote that says too much, what decides may stand anywhere. */
function hookReader(): { add(text: string): void; end(): RemoteRun['lease'] } {
  let lease: RemoteRun['lease'];
  const lines = eachLine((line) => {
    if (line.includes(leaseLost)) lease = 'lost';
    else if (line.includes(leaseHeld)) lease ??= 'held';
  });
  return {
    add: lines.add,
    end() {
      lines.end();
      return lease;
    },
  };
}

function traceReader(now: () => Date): { add(text: string): void; end(): Pick<RemoteRun, 'httpStatus' | 'retryAfterSeconds'> } {
  let httpStatus: number | undefined;
  let retryAfter: string | undefined;
  const lines = eachLine((line) => {
    const status = /<= Recv header: HTTP\/[\d.]+ (\d{3})/.exec(line)?.[1];
    if (status !== undefined) httpStatus = Number(status);
    retryAfter = /<= Recv header: retry-after: (.+)/i.exec(line)?.[1]?.trim() ?? retryAfter;
  });
  return {
    add: lines.add,
    end() {
      lines.end();
      return { httpStatus, retryAfterSeconds: retryAfter === undefined ? undefined : secondsOf(retryAfter, now()) };
    },
  };
}

/** Seconds, or a date (RFC 9110). */
function secondsOf(text: string, now: Date): number | undefined {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
