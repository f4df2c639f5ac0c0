import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../local/plane.ts';
import type { Door } from './writers.ts';

const main = join(import.meta.dirname, '../../api/main.js');

/** One of several control planes on one state and one ledger. */
export interface Replica extends Door {
  /** What it wrote to standard error. */
  complaints(): string;
  stop(): Promise<void>;
}

/** Where the planes have what they share; `environment` says where the state is. */
export interface Shared {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The first start on an empty database makes the sign-in token, so it comes before the others. */
export async function startReplica({ folder, databaseUrl, environment }: Shared, name: string): Promise<Replica> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, CAMELEER_DATA: join(folder, name), CAMELEER_PORT: '0', CAMELEER_LOG_LEVEL: 'error', CAMELEER_KEYS: join(folder, 'keys'), CAMELEER_DATABASE_URL: databaseUrl, ...environment },
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
  return { url, token: readFileSync(join(folder, 'plane-0/keys/cli-token'), 'utf8').trim(), complaints: () => said.err, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
