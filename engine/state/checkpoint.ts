import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectId } from '../git/index.ts';

/**
 * Up to which commit of `main` everything is checked and rendered, with which synth, and the commits of `cells/*` that came of
 * it, wherever their refs are now. A hint: it may be old or gone, never ahead.
 */
export interface Checkpoint {
  readonly main: string;
  readonly synthVersion: string;
  /** Cell → commit. */
  readonly cells: Readonly<Record<string, string>>;
}

const fileName = 'cameleer-rendered.json';

export async function readCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  try {
    const { main, synthVersion, cells } = JSON.parse(await readFile(join(directory, fileName), 'utf8')) as Partial<Checkpoint>;
    if (main === undefined || cells === undefined || synthVersion === undefined) return undefined;
    return [main, ...Object.values(cells)].every(isObjectId) ? { main, synthVersion, cells } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeCheckpoint(directory: string, checkpoint: Checkpoint): Promise<void> {
  const path = join(directory, fileName);
  // Several processes may write it at once; which of them wins does not matter.
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(draft, 'w');
  try {
    await file.writeFile(JSON.stringify(checkpoint));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

export async function removeCheckpoint(directory: string): Promise<void> {
  await rm(join(directory, fileName), { force: true });
}
