import type { PodRecord } from './pod-record.ts';
import { findMarked, hasMark, isGroupLeader, isRunning, startTimeOf } from './process-identity.ts';
import { toSeconds } from './time.ts';

/** Marks in the environment of every process that a runner starts. */
export const RUNNER_MARK = 'CAMELEER_RUNNER';
export const POD_MARK = 'CAMELEER_POD';

export interface Leftovers {
  /** Pod's uid → process that was started for it just before its control plane was killed, unrecorded. */
  readonly unrecorded: ReadonlyMap<string, number>;
  /** Processes of this runner that belong to no pod. */
  readonly orphans: readonly number[];
}

/** Looks through the machine's processes for those with this runner's mark that no record knows. */
export function findLeftovers(runner: string, records: readonly PodRecord[]): Leftovers {
  const byUid = new Map(records.map((record) => [record.uid, record]));
  const unrecorded = new Map<string, number>();
  const orphans: number[] = [];
  for (const { pid, value: uid } of findMarked(RUNNER_MARK, runner, POD_MARK)) {
    const record = byUid.get(uid);
    const alive = record?.process !== undefined && isRunning(record.process);
    // The mark is inherited: a program that a running pod started is the pod's own matter.
    if (alive) continue;
    if (record !== undefined && record.endedAt === undefined && isGroupLeader(pid)) unrecorded.set(uid, pid);
    else orphans.push(pid);
  }
  return { unrecorded, orphans };
}

/** Makes the record say which process is the pod's now. A foreign process with a recorded pid is never taken for ours. */
export function recoverRecord(record: PodRecord, leftovers: Leftovers, now: Date): void {
  const pid = leftovers.unrecorded.get(record.uid);
  if (pid !== undefined) {
    record.process = { pid, startTime: startTimeOf(pid) ?? 'ended', startedAt: toSeconds(now) };
  } else if (record.process !== undefined && !hasMark(record.process.pid, POD_MARK, record.uid)) {
    record.process.startTime = 'ended';
  }
}
