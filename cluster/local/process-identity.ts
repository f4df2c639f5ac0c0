import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process, told apart from any later one with the same pid. `startTime` is opaque; compare it only for equality. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** Start time of a running process; undefined when there is none (a zombie is none). */
export function startTimeOf(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxStartTime(pid) : psField(pid, 'lstart=');
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Whether the process was started with `name=value` in its environment: the mark that it is ours. */
export function hasMark(pid: number, name: string, value: string): boolean {
  return environmentOf(pid).includes(`${name}=${value}`);
}

/** Processes whose environment carries `name=value`, with the value of `other`. Linux only; elsewhere none are found. */
export function findMarked(name: string, value: string, other: string): { pid: number; value: string }[] {
  if (process.platform !== 'linux') return [];
  const found: { pid: number; value: string }[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(entry)) continue;
    const environment = environmentOf(Number(entry));
    if (!environment.includes(`${name}=${value}`)) continue;
    const line = environment.find((item) => item.startsWith(`${other}=`));
    found.push({ pid: Number(entry), value: line?.slice(other.length + 1) ?? '' });
  }
  return found;
}

/** Whether the process leads its own process group, as the runner's own children do. */
export function isGroupLeader(pid: number): boolean {
  return Number(linuxStat(pid)?.[2]) === pid;
}

/** TCP ports on which the process itself listens; undefined where the system doesn't tell (not Linux, or it is gone). */
export function listeningPorts(pid: number): ReadonlySet<number> | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketInode(`/proc/${pid}/fd/${fd}`)));
    const ports = new Set<number>();
    for (const line of ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1))) {
      // Fields: number, local address:port, remote, state (0A listens), …, inode in the tenth.
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && sockets.has(fields[9])) ports.add(Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
    }
    return ports;
  } catch {
    return undefined;
  }
}

function socketInode(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch {
    return undefined;
  }
}

function linuxStartTime(pid: number): string | undefined {
  const fields = linuxStat(pid);
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()}:${fields[19]}`;
}

/** Fields of /proc/<pid>/stat from the state on. */
function linuxStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and parentheses; the fields begin after the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

let boot: string | undefined;
/** Start times count from the boot of the machine, so the boot is part of the identity. */
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

function environmentOf(pid: number): string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return (psField(pid, 'command=', 'eww') ?? '').split(' ');
  } catch {
    return [];
  }
}

function psField(pid: number, field: string, flags?: string): string | undefined {
  try {
    const args = [...(flags === undefined ? [] : [flags]), '-o', field, '-p', String(pid)];
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}
