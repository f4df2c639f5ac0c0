import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeFixture } from '../engine/testing/fixture.ts';
import { killRounds } from './kill-rounds.ts';

// node bench/kill.ts --rounds 1000: kills a writing control plane at random moments and looks at what is left with stock git.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } });
const fixture = await makeFixture(3);
const start = performance.now();
const [load] = loadavg();
const report = await killRounds({
  directory: fixture.directory,
  tenants: fixture.state.tenantIds,
  rounds: Number(values.rounds),
  random: Math.random,
  progress: (round) => {
    if (round % 50 === 49) console.error(`${round + 1} kills`);
  },
});
const cells = fixture.git(['rev-list', '--count', 'cells/local']);
const count = (what: string) => report.broken.filter((line) => line.startsWith(what)).length;
const lines = [
  `node bench/kill.ts --rounds ${report.rounds}: Node ${process.version}, load of the machine before ${load?.toFixed(1)}, ${new Date().toISOString()}`,
  `kills                              ${report.rounds} in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  `acknowledged writes                ${report.acknowledged}, ${count('lost')} of them lost`,
  `acknowledged writes there twice    ${count('twice')}`,
  `starts whose cells were compared   ${report.compared}, ${count('rendering')} files not as a rendering of main from nothing`,
  ...Object.entries(report.faults).map(([fault, times]) => `${fault.padEnd(34)} ${times}`),
  `cells/* ahead of main              ${count('ahead')} times`,
  `complaints of a writer             ${count('stderr')}`,
  `commits                            ${fixture.git(['rev-list', '--count', 'main'])} on main, ${cells} on cells/local; git fsck --strict, every 50 kills: ${count('fsck') === 0 ? 'clean' : 'not clean'}`,
  ...report.broken,
];
console.log(lines.join('\n'));
await writeFile(join(import.meta.dirname, 'results/kill.txt'), `${lines.join('\n')}\n`);
await fixture.remove();
if (report.broken.length > 0) process.exitCode = 1;
