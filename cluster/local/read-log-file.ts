import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../driver.ts';

const BLOCK = 64 * 1024;

/** The lines of a pod's log files, oldest first; with `tail` only that many from the end. */
export function readLogFiles(folder: string, pod: string, tail?: number): LogLine[] {
  const newest = lastLines(join(folder, 'log'), tail);
  const missing = tail === undefined ? undefined : tail - newest.length;
  const older = missing === undefined || missing > 0 ? lastLines(join(folder, 'log.1'), missing) : [];
  return [...older, ...newest].flatMap((line) => parseLine(pod, line));
}

/** Where in `raw` the last copied line ended; 0 when there is none. */
export function lastRawOffset(folder: string): number {
  const line = lastLines(join(folder, 'log'), 1)[0] ?? lastLines(join(folder, 'log.1'), 1)[0] ?? '';
  return Number(/^\S+ (\d+) /.exec(line)?.[1] ?? 0);
}

/** Cuts off a last line that a killed control plane wrote only in part; its raw bytes are read again. */
export function dropPartialLine(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch {
    return;
  }
  try {
    const size = fstatSync(fd).size;
    const tail = Buffer.alloc(Math.min(2 * BLOCK, size));
    readSync(fd, tail, 0, tail.length, size - tail.length);
    ftruncateSync(fd, size - tail.length + tail.lastIndexOf(10) + 1);
  } finally {
    closeSync(fd);
  }
}

function parseLine(pod: string, line: string): LogLine[] {
  const match = /^(\S+) \d+ (.*)$/s.exec(line);
  return match?.[1] === undefined || match[2] === undefined ? [] : [{ pod, time: match[1], text: match[2] }];
}

/** Complete lines only: the last one may be half written by a control plane that was killed. */
function lastLines(path: string, count: number | undefined): string[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    let start = fstatSync(fd).size;
    let bytes = Buffer.alloc(0);
    const wanted = count ?? Number.POSITIVE_INFINITY;
    while (start > 0 && newlines(bytes) <= wanted) {
      const size = Math.min(BLOCK, start);
      const block = Buffer.alloc(size);
      readSync(fd, block, 0, size, start - size);
      bytes = Buffer.concat([block, bytes]);
      start -= size;
    }
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    return count === undefined ? lines : lines.slice(-count);
  } finally {
    closeSync(fd);
  }
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
