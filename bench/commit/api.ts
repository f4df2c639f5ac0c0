import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tenantDirectory } from '../../schemas/index.ts';
import type { DataDirectory } from './data-directory.ts';

const main = join(import.meta.dirname, '..', '..', 'api', 'main.js');
const patienceMilliseconds = 300_000;

export interface Api {
  readonly pid: number;
  /** Changes a field of the tenant's deployment with the ETag of the version that stands there, and waits for the answer. */
  configure(tenant: string, value: string): Promise<void>;
  close(): Promise<void>;
}

/** The control plane in a process of its own, as `npm start` runs it, and clients of ours that keep their connections. */
export async function startApi({ directory, stateRepository }: DataDirectory, databaseUrl?: string): Promise<Api> {
  const addressFile = join(directory, 'control-plane.json');
  rmSync(addressFile, { force: true });
  const environment = { PATH: process.env['PATH'], CAMELEER_DATA: directory, CAMELEER_PORT: '0', CAMELEER_MODE: 'production', ...(databaseUrl !== undefined && { CAMELEER_DATABASE_URL: databaseUrl }) };
  const child = spawn(process.execPath, [main], { env: environment, stdio: ['ignore', 'ignore', 'ignore'] });
  const { url } = JSON.parse(await written(addressFile, child)) as { url: string };
  const token = readFileSync(join(directory, 'keys', 'cli-token'), 'utf8').trim();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const etags = deploymentsOf(stateRepository);
  return {
    pid: child.pid ?? 0,
    async configure(tenant, value) {
      const body = JSON.stringify({ spec: { env: { BENCH: value } } });
      const path = `${deploymentPath(tenant)}.yaml`;
      etags.set(path, await patch(`${url}/api/v1/tenants/${tenant}/environments/dev/apps/orders`, body, {
        agent, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/merge-patch+json', 'Content-Length': Buffer.byteLength(body), 'If-Match': `"${etags.get(path) ?? ''}"` },
      }));
    },
    async close() {
      agent.destroy();
      const ended = new Promise((resolve) => {
        child.once('close', resolve);
      });
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function written(file: string, child: ChildProcess): Promise<string> {
  for (let waited = 0; waited < patienceMilliseconds; waited += 100) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return text;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`The control plane did not start (${child.exitCode}).`);
}

/** Sends one request and answers with the new ETag, without its quotes. */
function patch(url: string, body: string, options: { readonly agent: Agent; readonly headers: Readonly<Record<string, string | number>> }): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PATCH', ...options, headers: { ...options.headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { etag } = response.headers;
        if (response.statusCode === 200 && etag !== undefined) resolve(etag.slice(1, -1));
        else reject(new Error(`${url} answered ${response.statusCode}: ${Buffer.concat(chunks).toString('utf8').slice(0, 500)}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function deploymentPath(tenant: string): string {
  return `${tenantDirectory(tenant)}/environments/dev/apps/orders`;
}

/** An ETag is a blob's id, so the clients know what stands there without asking, and no read makes a tenant warm. */
function deploymentsOf(stateRepository: string): Map<string, string> {
  const listing = execFileSync('git', ['--git-dir', stateRepository, 'ls-tree', '-r', 'main', 'tenants/'], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  const lines = listing.split('\n').filter((line) => line.endsWith('/environments/dev/apps/orders.yaml'));
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.split(/[ \t]/)[2] ?? '']));
}
