import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ProofAnswer, StatusAnswer } from '../../cli/client/answers.ts';
import { run } from '../../cli/run.ts';
import { memoryIo } from '../../cli/testing/memory-io.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface PodProcess {
  readonly name: string;
  readonly namespace: string;
  readonly pid: number;
}

/** A control plane of its own: a child process on a free port, with a data directory that goes away with it. */
export class Plane {
  readonly directory = mkdtempSync(join(tmpdir(), 'cameleer-e2e-'));
  readonly data = join(this.directory, 'var');
  readonly state = join(this.data, 'state.git');
  url = '';
  log = '';
  #child: ChildProcess | undefined;

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'api/main.js')], {
      env: { ...process.env, CAMELEER_DATA: this.data, CAMELEER_PORT: '0', CAMELEER_LOG_LEVEL: 'warn' }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { this.log += chunk.toString(); });
    this.url = await until('the control plane answers', async () => {
      if (child.exitCode !== null) throw new Error(`The control plane ended with ${child.exitCode}:\n${this.log}`);
      const url = /Cameleer answers at (\S+)/.exec(this.log)?.[1];
      return url !== undefined && (await fetch(`${url}/readyz`).then(({ ok }) => ok, () => false)) ? url : undefined;
    });
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  /** Also ends what a failed test left behind. */
  async remove(): Promise<void> {
    await this.stop();
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Another control plane, on the same data directory unless the environment says otherwise; it should end by itself. */
  startSecond(env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return runProgram('api/main.js', { CAMELEER_DATA: this.data, CAMELEER_PORT: '0', ...env });
  }

  /** `npm run demo`, by a user whose home is empty and who sets nothing but the data directory. */
  demo(): Promise<Ran> {
    return runProgram('cli/demo.js', { CAMELEER_DATA: this.data, HOME: this.directory });
  }

  get token(): string {
    return readFileSync(join(this.data, 'keys/cli-token'), 'utf8').trim();
  }

  /** `cameleer` with the token that the start left, in this process. */
  async cameleer(...argv: readonly string[]): Promise<Ran> {
    const memory = memoryIo({ env: { CAMELEER_DATA: this.data, CAMELEER_URL: this.url }, cwd: root, now: () => new Date() });
    const io = { ...memory.io, newId: () => randomUUID(), sleep: async (milliseconds: number): Promise<void> => sleep(milliseconds) };
    return { code: await run(argv, io), out: memory.out(), err: memory.err() };
  }

  /** The same, which must succeed. */
  async do(...argv: readonly string[]): Promise<string> {
    const ran = await this.cameleer(...argv);
    if (ran.code !== 0) throw new Error(`cameleer ${argv.join(' ')} ended with ${ran.code}:\n${ran.err}${ran.out}\n${this.log.slice(-2000)}`);
    return ran.out;
  }

  async json<T>(...argv: readonly string[]): Promise<T> {
    return JSON.parse((await this.cameleer(...argv, '--json')).out) as T;
  }

  proof(application: string, environment: string): Promise<ProofAnswer> {
    return this.json('proof', application, '--env', environment);
  }

  status(application: string, environment: string): Promise<StatusAnswer> {
    return this.json('status', application, '--env', environment);
  }

  /** What the application itself answers at its address, on a connection of its own: a kept one may lead to a pod that is ending. */
  async call(application: string, environment: string, path = '/'): Promise<string> {
    const address = (await this.status(application, environment)).addresses?.[0]?.url ?? '';
    return fetch(new URL(path, address), { headers: { Connection: 'close' } }).then((response) => response.text());
  }

  /** A raw request with the token. */
  request(path: string, init: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> } = {}): Promise<Response> {
    return fetch(this.url + path, { ...init, headers: { Authorization: `Bearer ${this.token}`, ...init.headers } });
  }

  git(...argv: readonly string[]): string {
    return execFileSync('git', ['-C', this.state, ...argv], { encoding: 'utf8' });
  }

  /** Changes `main` as an operator does by hand: in a clone, pushed by the file path. */
  async push(change: (clone: string, git: (...argv: readonly string[]) => string) => void | Promise<void>): Promise<string> {
    const clone = mkdtempSync(join(this.directory, 'clone-'));
    const git = (...argv: readonly string[]): string =>
      execFileSync('git', ['-C', clone, '-c', 'user.name=ops', '-c', 'user.email=ops@acme.example', '-c', 'commit.gpgsign=false', ...argv], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    git('clone', '--quiet', '--branch', 'main', this.state, '.');
    await change(clone, git);
    git('push', '--quiet', 'origin', 'HEAD:main');
    return git('rev-parse', 'HEAD').trim();
  }

  /** Every process that runs out of this data directory, as the operating system (Linux) knows it, whatever the records say. */
  processes(): readonly number[] {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && folderOf(name).startsWith(`${this.data}/pods/`)).map(Number);
  }

  /** Files of the data directory that hold the text in clear. */
  filesWith(text: string): readonly string[] {
    return readdirSync(this.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).includes(text))
      .map((path) => relative(this.data, path));
  }

  /** The pods' processes, by the runner's records. */
  pods(namespace: string, application: string): readonly PodProcess[] {
    const folder = join(this.data, 'pods/pods');
    const records = readdirSync(folder).flatMap((uid) => readRecord(join(folder, uid, 'record.json')));
    return records.filter((record) => record.namespace === namespace && record.owner === application && record.process !== undefined).map(({ name, process }) => ({ name: name ?? '', namespace, pid: process?.pid ?? 0 }));
  }
}

interface PodRecord {
  readonly owner: string;
  readonly namespace: string;
  readonly name?: string;
  readonly process?: { readonly pid: number };
}

/** Empty for a process that has gone, or is somebody else's. */
function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function readRecord(path: string): readonly PodRecord[] {
  try {
    return [JSON.parse(readFileSync(path, 'utf8')) as PodRecord];
  } catch {
    return [];
  }
}

function runProgram(path: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  return execute(process.execPath, [join(root, path)], { cwd: root, env: { ...process.env, ...env }, timeout: 200_000, maxBuffer: 16 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, out: error.stdout, err: error.stderr }),
  );
}

/** Polls until it answers something true; throws after the time, with what was waited for. */
export async function until<T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false, milliseconds = 60_000): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Not in ${milliseconds} ms: ${what}.`);
    await sleep(100);
  }
}
