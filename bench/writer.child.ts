import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { deployment, key, setField } from '../engine/testing/fixture.ts';
import { openEngine } from '../engine/index.ts';

// A writer in a process of its own, for tests that kill it or fill its disk. `kill`: waits for a line, then writes until it is
// killed and tells each answer. `full`: writes once, then with no room, then with room again.

const [mode = '', directory = '', round = '', ...tenants] = process.argv.slice(2);
const say = (text: string) => writeSync(1, `${text}\n`);

async function open() {
  return openEngine({ directory, signingKey: key.private, authorize: () => {}, now: () => new Date() });
}

async function writeUntilKilled(): Promise<void> {
  say('loaded');
  await once(process.stdin, 'data');
  const engine = await open();
  say(`open ${engine.head().commit}`);
  const writer = async (name: string) => {
    for (let turn = 0; ; turn += 1) {
      const tenant = tenants[turn % tenants.length] ?? '';
      const result = await engine.write(setField(deployment(tenant), ['spec', 'env', `W_${name}`], `${round}-${turn}`, { requestId: `${round}-${name}-${turn}` }));
      say(`ack ${result.commit} ${tenant} W_${name} ${round}-${turn}`);
    }
  };
  await Promise.all(['A', 'B', 'C'].map(writer));
}

function limitFileSize(limit: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:unlimited`]);
}

async function fillTheDisk(): Promise<void> {
  // Without a handler the signal of the limit ends the process; with one, writing fails as on a full disk.
  process.on('SIGXFSZ', () => {});
  const engine = await open();
  const ref = deployment(tenants[0] ?? '');
  const attempt = (value: string) =>
    engine.write(setField(ref, ['spec', 'env', 'FULL'], value)).then(
      (result) => say(`wrote ${result.commit}`),
      (error: unknown) => say(`failed ${String((error as { code?: unknown }).code)}`),
    );
  await attempt('before');
  limitFileSize('0');
  await attempt('during');
  limitFileSize('unlimited');
  say(`head ${engine.head().commit}`);
  await attempt('after');
  await engine.close();
}

await (mode === 'kill' ? writeUntilKilled() : fillTheDisk());
