// A real Gitea for tests: built once by Go from the pinned module of e2e/gitea into .cache/, its data in a folder of the caller's.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const module = join(import.meta.dirname, '../e2e/gitea');
const cache = join(import.meta.dirname, '../.cache/gitea');
const startMilliseconds = 60_000;

export interface Gitea {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Makes a user, and answers with an access token of all scopes. */
  user(name: string): Promise<string>;
  /** A further token of a user, of these scopes alone. */
  token(name: string, scopes: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

interface Program {
  readonly binary: string;
  /** Holds Gitea's templates. */
  readonly resources: string;
}

/** Five minutes on two cores the first time; needs Go and a C compiler, for SQLite. */
async function buildGitea(): Promise<Program> {
  const pins = await Promise.all(['go.mod', 'go.sum'].map((name) => readFile(join(module, name))));
  const key = createHash('sha256').update(Buffer.concat(pins)).digest('hex').slice(0, 16);
  const binary = join(cache, `gitea-${key}`);
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', 'code.gitea.io/gitea'], { cwd: module });
  const program = { binary, resources: stdout.trim() };
  if (await exists(binary)) return program;
  await mkdir(cache, { recursive: true });
  const aside = `${binary}.${process.pid}`;
  await run('go', ['build', '-mod=readonly', '-tags', 'sqlite sqlite_unlock_notify', '-o', aside, 'code.gitea.io/gitea'], { cwd: module, env: { ...process.env, CGO_ENABLED: '1' }, maxBuffer: 16 * 1024 * 1024 });
  await rename(aside, binary);
  return program;
}

/** Starts a Gitea on loopback that knows nobody yet. `directory` is the caller's to remove. */
export async function startGitea(directory: string): Promise<Gitea> {
  const { binary, resources } = await buildGitea();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = join(directory, 'app.ini');
  await mkdir(directory, { recursive: true });
  await writeFile(settings, settingsOf({ directory, resources, port, url }));
  const env = { PATH: process.env['PATH'], HOME: directory, GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
  await run(binary, ['--config', settings, 'migrate'], { env });
  const child = spawn(binary, ['--config', settings, 'web'], { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  await answering(url, child);
  return { url, stop, user: (name) => makeUser({ binary, settings, env }, url, name), token: (name, scopes) => makeToken(url, name, scopes) };
}

interface Instance extends Program {
  readonly directory: string;
  readonly port: number;
  readonly url: string;
}

function settingsOf({ directory, resources, port, url }: Omit<Instance, 'binary'>): string {
  const runUser = process.env['USER'] ?? 'root';
  const sections: Record<string, Record<string, string | number | boolean>> = {
    '': { RUN_USER: runUser, RUN_MODE: 'prod', WORK_PATH: directory },
    server: { HTTP_ADDR: '127.0.0.1', HTTP_PORT: port, ROOT_URL: `${url}/`, STATIC_ROOT_PATH: resources, DISABLE_SSH: true, OFFLINE_MODE: true },
    database: { DB_TYPE: 'sqlite3', PATH: join(directory, 'gitea.db') },
    security: { INSTALL_LOCK: true, SECRET_KEY: 'of-a-test' },
    service: { DISABLE_REGISTRATION: true },
    session: { PROVIDER: 'memory' },
    queue: { TYPE: 'channel' },
    webhook: { ALLOWED_HOST_LIST: 'loopback' },
    log: { MODE: 'file', LEVEL: 'warn' },
  };
  return Object.entries(sections).map(([name, values]) => [...(name === '' ? [] : [`[${name}]`]), ...Object.entries(values).map(([key, value]) => `${key} = ${value}`)].join('\n')).join('\n').concat('\n');
}

async function makeUser({ binary, settings, env }: { binary: string; settings: string; env: NodeJS.ProcessEnv }, url: string, name: string): Promise<string> {
  await run(binary, ['--config', settings, 'admin', 'user', 'create', '--username', name, '--password', passwordOf(name), '--email', `${name}@acme.example`, '--must-change-password=false'], { env });
  return makeToken(url, name, ['all']);
}

function passwordOf(name: string): string {
  return `${name}-Of-A-Test-1`;
}

async function makeToken(url: string, name: string, scopes: readonly string[]): Promise<string> {
  const response = await fetch(`${url}/api/v1/users/${name}/tokens`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${name}:${passwordOf(name)}`).toString('base64')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: scopes.join(' '), scopes }),
  });
  const { sha1 } = (await response.json()) as { sha1?: string };
  if (sha1 === undefined) throw new Error(`Gitea made no token for ${name}: ${response.status}.`);
  return sha1;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startMilliseconds;
  while (performance.now() < deadline && child.exitCode === null) {
    const response = await fetch(`${url}/api/v1/version`).catch(() => undefined);
    if (response?.ok === true) return;
    await pause(100);
  }
  child.kill('SIGKILL');
  throw new Error('Gitea did not start; its log is in its folder.');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

if (import.meta.main) console.log((await buildGitea()).binary);
