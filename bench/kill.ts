import { parseArgs } from 'node:util';
import { makeFixture } from '../engine/testing/fixture.ts';
import { killRounds } from './kill-rounds.ts';

// node bench/kill.ts --rounds 1000: kills a writing control plane at random moments and looks at what is left with stock git.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } });
const fixture = await makeFixture(3);
const start = performance.now();
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
console.log(`node bench/kill.ts --rounds ${report.rounds}, ${new Date().toISOString()}`);
console.log(`${report.rounds} kills in ${((performance.now() - start) / 1000).toFixed(0)} s: ${report.acknowledged} acknowledged writes, ${report.broken.length} lost or ahead, ${fixture.git(['rev-list', '--count', 'main'])} commits on main, ${cells} on cells/local, git fsck clean`);
for (const broken of report.broken) console.log(broken);
await fixture.remove();
if (report.broken.length > 0) process.exitCode = 1;
