import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeFixture, type Fixture } from '../engine/testing/fixture.ts';
import { killHostedRounds } from './kill-hosted.ts';
import { killRounds } from './kill-rounds.ts';

// node bench/kill.ts --rounds 1000: kills a writing control plane at random moments and looks at what is left with stock git.
// With --hosted the state is at a Git host that rejects, stalls and breaks connections.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' }, hosted: { type: 'boolean', default: false } } });
const fixture = await makeFixture(3);
const start = performance.now();
const [load] = loadavg();
const progress = (round: number) => {
  if (round % 50 === 49) console.error(`${round + 1} kills`);
};
const options = { rounds: Number(values.rounds), random: Math.random, progress };
const { broken, lines } = await (values.hosted ? hosted(fixture) : own(fixture));
const count = (what: string) => broken.filter((line) => line.startsWith(what)).length;
const text = [
  `node bench/kill.ts --rounds ${values.rounds}${values.hosted ? ' --hosted' : ''}: Node ${process.version}, load of the machine before ${load?.toFixed(1)}, ${new Date().toISOString()}`,
  `kills                              ${values.rounds} in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  ...lines,
  `acknowledged writes lost           ${count('lost')}`,
  `writes there twice                 ${count('twice')}`,
  `files of cells wrong               ${count('rendering')}: not as a rendering of main from nothing`,
  `cells/* ahead of main              ${count('ahead')} times`,
  `complaints of a writer             ${count('stderr')}`,
  `commits                            ${fixture.git(['rev-list', '--count', 'main'])} on main, ${fixture.git(['rev-list', '--count', 'cells/local'])} on cells/local; git fsck --strict, every 50 kills: ${count('fsck') === 0 ? 'clean' : 'not clean'}`,
  ...broken,
];
console.log(text.join('\n'));
await writeFile(join(import.meta.dirname, values.hosted ? 'results/kill-hosted.txt' : 'results/kill.txt'), `${text.join('\n')}\n`);
await fixture.remove();
if (broken.length > 0) process.exitCode = 1;

interface Outcome {
  readonly broken: readonly string[];
  readonly lines: readonly string[];
}

async function own({ directory, state }: Fixture): Promise<Outcome> {
  const { acknowledged, compared, faults, broken } = await killRounds({ ...options, directory, tenants: state.tenantIds });
  return {
    broken,
    lines: [`acknowledged writes                ${acknowledged}`, `starts whose cells were compared   ${compared}`, ...Object.entries(faults).map(([fault, times]) => `${fault.padEnd(34)} ${times}`)],
  };
}

async function hosted(fixture: Fixture): Promise<Outcome> {
  const { acknowledged, refused, repeated, landed, pushed, mischief, broken } = await killHostedRounds({ ...options, fixture });
  return {
    broken,
    lines: [
      `acknowledged writes                ${acknowledged}`,
      `refused writes                     ${refused}, ${broken.filter((line) => line.startsWith('refused')).length} of them done`,
      `asked for again after a kill       ${repeated}, of which the host had ${landed}`,
      `commits of somebody else between   ${pushed}`,
      `the host                           ${[...mischief].map(([how, times]) => `${how} ${times}`).join(', ')}`,
    ],
  };
}
