import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const unfinished = '.cameleer-';

/** Makes a folder aside and puts it in the place of the one that may be there, so that nobody sees it half made. */
export async function replaceFolder(path: string, make: (folder: string) => Promise<void>): Promise<void> {
  const aside = (what: string) => join(dirname(path), `${unfinished}${what}-${randomBytes(6).toString('hex')}-${basename(path)}`);
  const [draft, old] = [aside('new'), aside('old')];
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await make(draft);
    await rename(path, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(draft, path);
  } finally {
    await Promise.all([draft, old].map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
  }
}

/** Removes what a killed process left half made. */
export async function removeUnfinished(parent: string): Promise<void> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => name.startsWith(unfinished));
  await Promise.all(names.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}
