import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectId } from '../git/index.ts';

/** Up to which commit of `main` everything is rendered, with which synth. A hint: it may be old or gone, never ahead. */
export interface Checkpoint {
  readonly main: string;
  readonly synthVersion: string;
}

const fileName = 'cameleer-rendered.json';

export async function readCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  try {
    const found = JSON.parse(await readFile(join(directory, fileName), 'utf8')) as Partial<Checkpoint>;
    return typeof found.main === 'string' && isObjectId(found.main) && typeof found.synthVersion === 'string' ? { main: found.main, synthVersion: found.synthVersion } : undefined;
  } catch {
    return undefined;
  }
}

/** To be called only when the refs of all cells are where the commit left them. */
export async function writeCheckpoint(directory: string, checkpoint: Checkpoint): Promise<void> {
  const path = join(directory, fileName);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(checkpoint));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
