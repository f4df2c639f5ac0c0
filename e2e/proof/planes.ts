import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../local/plane.ts';
import type { Door } from './writers.ts';

const main = join(import.meta.dirname, '../../api/main.js');

/** One of several control planes on one state repository and one ledger. */
export interface Replica extends Door {
  /** What it wrote to standard error. */
  complaints(): string;
  stop(): Promise<void>;
}

/** Starts the first alone, which seeds the repository and the ledger; the others get its keys and look at the same folder. */
export async function startReplicas(folder: string, count: number, databaseUrl: string): Promise<readonly Replica[]> {
  const first = join(folder, 'plane-0');
  const replicas = [await startReplica(first, databaseUrl, first)];
  for (let index = 1; index < count; index += 1) {
    const data = join(folder, `plane-${index}`);
    mkdirSync(data);
    cpSync(join(first, 'keys'), join(data, 'keys'), { recursive: true });
    symlinkSync(join(first, 'state.git'), join(data, 'state.git'));
    replicas.push(await startReplica(data, databaseUrl, first));
  }
  return replicas;
}

async function startReplica(data: string, databaseUrl: string, first: string): Promise<Replica> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, CAMELEER_DATA: data, CAMELEER_PORT: '0', CAMELEER_LOG_LEVEL: 'error', CAMELEER_DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const url = await until('a control plane answers', async () => {
    if (child.exitCode !== null) throw new Error(`A control plane ended with ${child.exitCode}: ${said.out}${said.err}`);
    const found = /Cameleer answers at (\S+)/.exec(said.out)?.[1];
    return found !== undefined && (await fetch(`${found}/readyz`).then(({ ok }) => ok, () => false)) ? found : undefined;
  }, 120_000);
  return { url, token: readFileSync(join(first, 'keys/cli-token'), 'utf8').trim(), complaints: () => said.err, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
