// `node print-digest.ts <folder of a state> <forward|backward>` prints the SHA-256 of everything that it renders to.
import { createHash } from 'node:crypto';
import { loadState, readFolder } from '../../schemas/index.ts';
import { renderCells } from '../render-cells.ts';

const [folder = '', order] = process.argv.slice(2);
const files = await readFolder(folder);
const { platform, tenants } = loadState(order === 'backward' ? files.toReversed() : files);
const inOrder = order === 'backward' ? [...tenants.values()].toReversed() : tenants.values();
const hash = createHash('sha256');
for (const [cell, rendered] of renderCells(platform, inOrder)) for (const [path, text] of rendered) hash.update(`${cell}/${path}\0${text}\0`);
console.log(hash.digest('hex'), new Date(0).toString().includes('GMT+0000') ? 'utc' : 'elsewhere', new Intl.NumberFormat().resolvedOptions().locale);
