import { spawn } from 'node:child_process';
import { isRunning, startTimeOf, type ProcessIdentity } from './process-identity.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { PodStartError } from './pod-start-error.ts';

export interface ProcessExit {
  /** As a shell says it: 128 + signal for a killed process; undefined when nobody saw the end. */
  readonly exitCode?: number;
  readonly signal?: number;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 };

/** A running process of a container: started by us, or adopted from an earlier control plane. */
export interface ContainerProcess {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ProcessExit>;
  /** Sends the signal, unless the process is gone. SIGKILL reaches its children too. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * Starts the process in a session of its own, with its output going straight to the file: it outlives the control plane.
 * Throws PodStartError `CreateContainerError`.
 */
export async function startProcess(plan: LaunchPlan, output: number): Promise<ContainerProcess> {
  const child = spawn(plan.command, [...plan.args], { cwd: plan.cwd, env: { ...plan.env }, detached: true, stdio: ['ignore', output, output] });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      // What it started and left behind is in its group, which lives as long as a member does.
      if (child.pid !== undefined) kill(-child.pid, 'SIGKILL');
      resolve(exitOf(code, signal));
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new PodStartError('CreateContainerError', `\`${plan.command}\` can't be started: ${error.message}`, { cause: error })));
  });
  child.unref();
  const pid = child.pid ?? 0;
  // Not yet reaped by Node when it has already ended: the start time may then be unknown, and the exit follows at once.
  const identity = { pid, startTime: startTimeOf(pid) ?? 'ended' };
  return { identity, exited, signal: (signal) => send(identity, signal) };
}

/** Watches a process that an earlier control plane started. Its exit code can't be known. */
export function adoptProcess(identity: ProcessIdentity, pollMs: number): ContainerProcess {
  const exited = new Promise<ProcessExit>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return;
      clearInterval(timer);
      resolve({});
    }, pollMs);
    timer.unref();
  });
  return { identity, exited, signal: (signal) => send(identity, signal) };
}

function send(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (!isRunning(identity)) return;
  // The process leads its own group, so the negative pid is the group.
  kill(signal === 'SIGKILL' ? -identity.pid : identity.pid, signal);
}

function kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): ProcessExit {
  if (signal === null) return { exitCode: code ?? 0 };
  const number = signalNumbers[signal] ?? 0;
  return { exitCode: 128 + number, signal: number };
}
