import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { deployment, key, setField } from '../engine/testing/fixture.ts';
import { upkeep } from '../engine/git/index.ts';
import { openEngine, type EngineOptions } from '../engine/index.ts';

// A writer in a process of its own, for tests that kill it or fill its disk. `kill`: waits for a line, then writes until it is
// killed and tells each answer. `hosted`: the same with the state at a Git host that the line names, and asks first for what the
// line says to repeat. `once`: writes once. `full`: writes once, then with no room, then with room again.
// `readonly`: the same with folders that it may not write.

const [mode = '', directory = '', round = '', ...tenants] = process.argv.slice(2);
/** Debian's `nobody`. */
const unprivileged = 65534;
const say = (text: string) => writeSync(1, `${text}\n`);

async function open(more: Pick<EngineOptions, 'remote'> = {}) {
  return openEngine({ directory, ...more, signingKey: key.private, authorize: () => {}, now: () => new Date() });
}

async function writeUntilKilled(): Promise<void> {
  say('loaded');
  await once(process.stdin, 'data');
  const engine = await open();
  const { commit, cells } = engine.head();
  say(`open ${commit} ${JSON.stringify(Object.fromEntries(cells))}`);
  if (Number(round) % 4 === 3) void tendWithoutPause();
  const writer = async (name: string) => {
    for (let turn = 0; ; turn += 1) {
      const tenant = tenants[turn % tenants.length] ?? '';
      const requestId = `${round}-${name}-${turn}`;
      const result = await engine.write(setField(deployment(tenant), ['spec', 'env', `W_${name}`], `${round}-${turn}`, { requestId }));
      say(`ack ${result.commit} ${requestId}`);
    }
  };
  await Promise.all(['A', 'B', 'C'].map(writer));
}

/** Collects without a pause what nothing has referred to for hardly longer than a write takes, as no engine would. */
async function tendWithoutPause(): Promise<void> {
  for (;;) {
    await upkeep(directory, { now: new Date(), collect: true, expiryMilliseconds: 20_000 });
    await setTimeout(5);
  }
}

async function writeToHost(): Promise<void> {
  say('loaded');
  const [line] = (await once(process.stdin, 'data')) as [Buffer];
  const { retries, ...remote } = JSON.parse(line.toString()) as { readonly url: string; readonly token: string; readonly retries: readonly string[] };
  const engine = await open({ remote: { ...remote, deadlineMilliseconds: 4_000, stallMilliseconds: 2_000 } });
  say('open');
  // The id says all of a write, so that it can be asked for again as it was.
  const write = async (requestId: string) => {
    const [, name = '', turn = ''] = requestId.split('-');
    say(`try ${requestId}`);
    await engine.write(setField(deployment(tenants[Number(turn) % tenants.length] ?? ''), ['spec', 'env', `W_${name}`], requestId, { requestId })).then(
      ({ commit }) => say(`ack ${commit} ${requestId}`),
      (error: unknown) => say(`refused ${String((error as { code?: unknown }).code)} ${requestId}`),
    );
  };
  const writer = async (name: string) => {
    for (let turn = 0; ; turn += 1) await write(`${round}-${name}-${turn}`);
  };
  await Promise.all([Promise.all(retries.map(write)).then(() => say('repeated')), ...['A', 'B', 'C'].map(writer)]);
}

function limitFileSize(limit: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:unlimited`]);
}

/** One write, for a trace of what the kernel is asked for. */
async function writeOnce(): Promise<void> {
  const engine = await open();
  say('open');
  const { commit } = await engine.write(setField(deployment(tenants[0] ?? ''), ['spec', 'env', 'ONCE'], 'written', { requestId: 'once' }));
  say(`ack ${commit}`);
  await engine.close();
}

async function fillTheDisk(): Promise<void> {
  // Without a handler the signal of the limit ends the process; with one, writing fails as on a full disk.
  process.on('SIGXFSZ', () => {});
  await writeThrough({ begin: () => limitFileSize('0'), end: () => limitFileSize('unlimited') });
}

async function closeTheDisk(): Promise<void> {
  // Nothing keeps the superuser from writing.
  if (process.getuid?.() === 0) process.setuid?.(unprivileged);
  const folders = ['objects', 'refs'].map((name) => join(directory, name));
  const below = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name)));
  const setMode = (mode: number) => {
    for (const folder of [...folders, ...below]) chmodSync(folder, mode);
  };
  await writeThrough({ begin: () => setMode(0o555), end: () => setMode(0o755) });
}

async function writeThrough(fault: { begin(): void; end(): void }): Promise<void> {
  const engine = await open();
  const ref = deployment(tenants[0] ?? '');
  const attempt = (value: string) =>
    engine.write(setField(ref, ['spec', 'env', 'FULL'], value)).then(
      (result) => say(`wrote ${result.commit}`),
      (error: unknown) => say(`failed ${String((error as { code?: unknown }).code)}`),
    );
  await attempt('before');
  fault.begin();
  await attempt('during');
  fault.end();
  say(`head ${engine.head().commit}`);
  await attempt('after');
  await engine.close();
}

await { kill: writeUntilKilled, hosted: writeToHost, once: writeOnce, full: fillTheDisk, readonly: closeTheDisk }[mode as 'kill' | 'hosted' | 'once' | 'full' | 'readonly']();
