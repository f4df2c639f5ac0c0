import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Cases, Said } from './play-cases.ts';
import { Tally, type FuzzReport } from './tally.ts';
import type { FuzzCase } from './target.ts';

export interface FuzzRun {
  readonly folder: string;
  readonly count: number;
  /** Of the first case; each has one of its own. */
  readonly seed: number;
  /** These instead of new ones. */
  readonly inputs?: readonly FuzzCase[];
  /** For a case, and for opening the target: what takes longer is ended, and is a fault. Default two minutes. */
  readonly deadlineMilliseconds?: number;
}

const defaultDeadline = 120_000;
/** More would be the same one again. */
const mostFaults = 20;
/** What cases leave in a repository slows those that come after. */
const mostInOneProcess = 1_000;

/**
 * Plays mutated cases at a target of `makers.ts`, one after the other, a thousand in a process of their own. A case that blocks or
 * ends that process is a fault like others; the next one is played in another process.
 */
export async function fuzz(target: string, { folder, count, seed, inputs, deadlineMilliseconds = defaultDeadline }: FuzzRun): Promise<FuzzReport> {
  const tally = new Tally(target, seed);
  let left: Omit<Cases, 'folder' | 'mostFaults'> | undefined = { count, seed, ...(inputs === undefined ? {} : { inputs }) };
  while (left !== undefined) {
    const before = tally.cases;
    const own = mkdtempSync(join(folder, `${target}-`));
    await playInProcess(target, { ...left, count: Math.min(left.count, mostInOneProcess), folder: own, mostFaults: mostFaults - tally.faults }, { tally, deadlineMilliseconds });
    rmSync(own, { recursive: true, force: true, maxRetries: 5 });
    left = tally.faults >= mostFaults ? undefined : after(left, tally.cases - before);
  }
  return tally.report();
}

/** What is to be played yet; nothing when the process did not get to its first case. */
function after({ count, seed, inputs }: Omit<Cases, 'folder' | 'mostFaults'>, played: number): Omit<Cases, 'folder' | 'mostFaults'> | undefined {
  const rest = { count: count - played, seed: seed + played, ...(inputs === undefined ? {} : { inputs: inputs.slice(played) }) };
  return played === 0 || (rest.inputs?.length ?? rest.count) === 0 ? undefined : rest;
}

/** When the process does not come to its end by itself, the tally has the fault. */
function playInProcess(target: string, cases: Cases, { tally, deadlineMilliseconds }: { readonly tally: Tally; readonly deadlineMilliseconds: number }): Promise<void> {
  // A case that is kept may be longer than an argument.
  const file = join(cases.folder, 'cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cases.child.ts'), target, file], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: cases.folder } });
  let complaints = '';
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, deadlineMilliseconds);
  };
  let done = false;
  createInterface(child.stdio[3] as Readable).on('line', (line) => {
    const said = JSON.parse(line) as Said;
    done = said.step === 'done';
    tally.hear(said);
    wait();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString()}`.slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (!done) tally.ended(late ? `Nothing came of it within ${deadlineMilliseconds / 1000} s.` : `The process ended (${signal ?? String(code)}): ${complaints}`);
      resolve();
    });
  });
}
