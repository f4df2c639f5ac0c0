import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import { isRunning, startTimeOf, type ProcessIdentity } from './process-identity.ts';

const GRACE_MS = 5000;

/** Ends processes of this runner that belong to no pod: SIGTERM, five seconds, SIGKILL. */
export async function stopOrphans(pids: readonly number[], logger: Logger): Promise<void> {
  const processes = pids.flatMap((pid): ProcessIdentity[] => {
    const startTime = startTimeOf(pid);
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
  if (processes.length === 0) return;
  logger.warn({ pids }, 'Stopping processes that an earlier control plane started and that belong to no pod.');
  signalAll(processes, 'SIGTERM');
  const deadline = performance.now() + GRACE_MS;
  while (processes.some(isRunning) && performance.now() < deadline) await sleep(50);
  signalAll(processes, 'SIGKILL');
}

function signalAll(processes: readonly ProcessIdentity[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const identity of processes) {
    try {
      if (isRunning(identity)) process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
