import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openEngine } from '../index.ts';
import { deployment, key, setField } from './fixture.ts';

// One of several processes that write to one state repository, until its input ends. Some writes set a field that nobody else
// sets, some a field that all set, some are requests that all make. Tells each answer: what was written, and where.

const [options = '{}', label = '', ...tenants] = process.argv.slice(2);
const engine = await openEngine({
  ...(JSON.parse(options) as { directory: string }),
  signingKey: key.private,
  authorize: () => {},
  now: () => new Date(),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});
const ended = new AbortController();
process.stdin.on('end', () => ended.abort()).resume();
const say = (text: string) => writeSync(1, `${text}\n`);
say('open');

async function write(turn: number, writer: string): Promise<void> {
  const tenant = tenants[turn % tenants.length] ?? '';
  const [field, requestId] = turn % 4 === 3 ? ['SHARED', `shared-${writer}-${turn}`] : turn % 4 === 2 ? ['CONTENDED', `${label}-${writer}-${turn}`] : [`${label}_${writer}_${turn}`, `${label}-${writer}-${turn}`];
  try {
    const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', field], requestId, { requestId }));
    say(`ack ${commit} ${requestId} ${tenant} ${field}`);
  } catch (error) {
    say(`refused ${error instanceof Error && 'code' in error ? String(error.code) : String(error)} ${requestId} ${tenant} ${field}`);
  }
}

/** Milliseconds: all are quiet for the last second of each three, so that a person who pushes by hand gets a word in, however slow the machine. */
function untilLoud(): number {
  const left = 3_000 - (Date.now() % 3_000);
  return left < 1_000 ? left : 0;
}

const writer = async (name: string) => {
  for (let turn = 0; !ended.signal.aborted; turn += 1) {
    await write(turn, name);
    await setTimeout(Math.random() * 200 + untilLoud());
  }
};
await Promise.all(['A', 'B', 'C', 'D'].map(writer));
await engine.close();
