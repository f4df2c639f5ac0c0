import { readFileSync, writeSync } from 'node:fs';
import { makers } from './makers.ts';
import { playCases, type Cases } from './play-cases.ts';
import { stuck } from './stuck.ts';

// Plays the cases of one target, and says on descriptor 3 what it is at: whoever started it sees which case it did not survive.

const [name = '', file = ''] = process.argv.slice(2);
const maker = [...makers, stuck].find((each) => each.name === name);
if (maker === undefined) throw new TypeError(`There is no target ${name}.`);
await playCases(maker, JSON.parse(readFileSync(file, 'utf8')) as Cases, (said) => writeSync(3, `${JSON.stringify(said)}\n`));
