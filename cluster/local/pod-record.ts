import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerTermination, PodTemplate } from './shapes.ts';

/** Whether the application listens where it was told to: `unknown` until its process has been seen listening. */
export type PortBehaviour = 'unknown' | 'honoured' | 'ignored';

/**
 * What must survive a kill of the control plane so that the next one can adopt the pod. Written before its process is
 * started and again after; holds no secret in clear.
 */
export interface PodRecord {
  readonly version: 1;
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly cell: string;
  /** Name of the Deployment that it belongs to; also the application's name. */
  readonly owner: string;
  readonly templateHash: string;
  readonly template: PodTemplate;
  readonly createdAt: string;
  /** Declared port → port on loopback. */
  ports: Record<string, number>;
  portBehaviour: PortBehaviour;
  process?: { pid: number; startTime: string; startedAt: string };
  /** While it is ready: since when; RFC 3339. */
  readySince?: string;
  restartCount: number;
  /** Crashes since the application last ran well; sets the back-off. */
  crashes: number;
  lastTermination?: ContainerTermination;
  /** Set when it is to stop for good; RFC 3339. */
  deletedAt?: string;
  /** Set when it has stopped for good: only its logs are kept. */
  endedAt?: string;
}

/** Folder of a pod inside the runner's directory. */
export function podDirectory(directory: string, uid: string): string {
  return join(directory, 'pods', uid);
}

export function writePodRecord(directory: string, record: PodRecord): void {
  const folder = podDirectory(directory, record.uid);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'record.json');
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** All records of the directory; folders without a readable record are removed. */
export function readPodRecords(directory: string): PodRecord[] {
  const folder = join(directory, 'pods');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return readdirSync(folder).flatMap((uid) => readRecord(join(folder, uid)));
}

export function removePodDirectory(directory: string, uid: string): void {
  rmSync(podDirectory(directory, uid), { recursive: true, force: true });
}

function readRecord(folder: string): PodRecord[] {
  try {
    const record = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')) as PodRecord;
    if (record.version === 1) return [record];
  } catch {
    // Nothing was started for it: the record is written before the process.
  }
  rmSync(folder, { recursive: true, force: true });
  return [];
}
