// A control plane to be killed: opens the runner in a directory and applies what it reads from its standard input, one
// JSON `{objects}` a line; answers each with a line.
import { createInterface } from 'node:readline';
import { openLayoutRegistry } from '../../../images/index.ts';
import { openLocalRunner } from '../open-local-runner.ts';
import { quick, revisionOf } from './fake-cell.ts';

const [directory = '', java = '', registry = ''] = process.argv.slice(2);
const silent = { info() {}, warn() {}, error() {} };
const runner = await openLocalRunner({
  directory, java, logger: silent, timing: quick, registry: await openLayoutRegistry(registry), identities: () => Promise.resolve([]), now: () => new Date(),
});
for await (const line of createInterface({ input: process.stdin })) {
  const { objects } = JSON.parse(line) as { objects: object[] };
  await runner.apply(revisionOf(objects));
  console.log('applied');
}
