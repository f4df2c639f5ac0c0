// `node e2e/fuzz/run.ts --count 100000 --seed 1`: mutated YAML, objects of Git, packets of smart HTTP, and names, at real servers,
// each target in a process of its own. `--target NAME` for one of them, `--replay FILE` for a case that was kept; a case that takes
// longer than `--deadline` seconds is a fault.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe } from './describe.ts';
import { fuzz } from './fuzz.ts';
import { makers } from './makers.ts';
import type { Kept } from './tally.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, target: { type: 'string' }, replay: { type: 'string' }, deadline: { type: 'string', default: '120' }, keep: { type: 'string', default: join(tmpdir(), 'cameleer-fuzz') } } });
const folder = mkdtempSync(join(tmpdir(), 'cameleer-fuzz-'));
const kept = values.replay === undefined ? undefined : (JSON.parse(readFileSync(values.replay, 'utf8')) as Kept);
const only = kept?.target ?? values.target;
const chosen = makers.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) throw new TypeError(`There is no target ${only}. There are ${makers.map(({ name }) => name).join(', ')}.`);
const whole = chosen.reduce((sum, { share }) => sum + share, 0);
let faults = 0;
try {
  for (const maker of chosen) {
    const count = Math.ceil((Number(values.count) * maker.share) / whole);
    const report = await fuzz(maker.name, { folder, count, seed: Number(values.seed), deadlineMilliseconds: Number(values.deadline) * 1000, ...(kept === undefined ? {} : { inputs: [kept] }) });
    console.log(describe(report));
    faults += report.faults.length;
    mkdirSync(values.keep, { recursive: true });
    for (const found of [...report.faults, ...report.slow]) {
      const file = join(values.keep, `${found.target}-${found.seed}.json`);
      writeFileSync(file, JSON.stringify(found));
      console.log(`  ${found.fault === undefined ? `took ${Math.round(found.milliseconds)} ms` : `FAULT ${found.fault.slice(0, 500)}`}\n    node e2e/fuzz/run.ts --replay ${file}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(faults === 0 ? 'no fault' : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
