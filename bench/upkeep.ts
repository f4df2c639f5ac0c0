import { readdirSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployment, makeFixture, setField } from '../engine/testing/fixture.ts';
import { isConnected, upkeep } from '../engine/git/index.ts';

// node bench/upkeep.ts --tenants 1000 --commits 1000: what commits cost on the disk once they are packed, what packing takes, and
// what writers notice of it, in one run.

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '1000' }, commits: { type: 'string', default: '1000' } } });
const [tenants, commits] = [Number(values.tenants), Number(values.commits)];
const [load] = loadavg();
const fixture = await makeFixture(tenants);
const { directory, state } = fixture;
const MiB = 1024 ** 2;

function bytes(): number {
  const folder = join(directory, 'objects');
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

let turn = 0;
const engine = await fixture.open();

/** Milliseconds of each of so many writes, one writer, tenants in turn. */
async function writes(count: number, until?: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    if (until?.aborted === true) break;
    turn += 1;
    const began = performance.now();
    await engine.write(setField(deployment(state.tenantIds[(turn * 7919) % tenants] ?? ''), ['spec', 'env', 'TURN'], String(turn)));
    times.push(performance.now() - began);
  }
  return times;
}

/** The largest resident memory of a git that packs this repository, in bytes, until it is stopped. */
function watchMemory(stop: AbortSignal): Promise<number> {
  const look = async (pid: string) => {
    const [command, status, environment] = await Promise.all(['cmdline', 'status', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')));
    const ours = command?.includes('pack-objects') === true && environment?.includes(`GIT_DIR=${directory}`) === true;
    return ours ? Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0) * 1024 : 0;
  };
  return new Promise((resolve) => {
    let most = 0;
    const timer = setInterval(() => {
      void readdir('/proc').then(async (names) => {
        for (const pid of names.filter((name) => /^\d+$/.test(name))) most = Math.max(most, await look(pid));
      });
    }, 100);
    stop.addEventListener('abort', () => {
      clearInterval(timer);
      resolve(most);
    });
  });
}

const at = (times: readonly number[], share: number) => [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;
const show = (times: readonly number[]) => `p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms, ${times.length} writes`;
const collect = () => upkeep(directory, { now: new Date(), collect: true });
const waitFor = async (work: () => Promise<string>) => {
  while ((await work()) !== 'collected') await new Promise((resolve) => setTimeout(resolve, 200));
};

await waitFor(collect);
const before = bytes();
await writes(commits);
const unpacked = bytes();
const alone = await writes(200);
const done = new AbortController();
const memory = watchMemory(done.signal);
const began = performance.now();
const collecting = waitFor(collect).finally(() => done.abort());
const beside = await writes(Number.POSITIVE_INFINITY, done.signal);
await collecting;
const took = performance.now() - began;
const again = performance.now();
await waitFor(collect);
const after = bytes();
const lines = [
  `node bench/upkeep.ts --tenants ${tenants} --commits ${commits}: Node ${process.version}, load of the machine before ${load?.toFixed(1)}, ${new Date().toISOString()}`,
  `repository at ${tenants} tenants            ${(before / MiB).toFixed(1)} MiB packed, cells and commit-graph included`,
  `growth per 1,000 commits           ${(((after - before) / turn) * 1000 / MiB).toFixed(2)} MiB after upkeep, ${(((unpacked - before) / commits) * 1000 / MiB).toFixed(1)} MiB before (with what the engine joined meanwhile)`,
  `packing everything anew            ${(took / 1000).toFixed(1)} s beside a writer, ${((performance.now() - again) / 1000).toFixed(1)} s without; ${((await memory) / MiB).toFixed(0)} MiB of memory`,
  `a write with nothing beside it     ${show(alone)}`,
  `a write beside packing             ${show(beside)}; p50 × ${(at(beside, 0.5) / at(alone, 0.5)).toFixed(2)}`,
  `everything is there                ${(await isConnected(directory)) ? 'yes' : 'NO'}`,
];
console.log(lines.join('\n'));
await writeFile(join(import.meta.dirname, `results/upkeep-${tenants}.txt`), `${lines.join('\n')}\n`);
await engine.close();
await fixture.remove();
