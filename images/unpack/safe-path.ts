import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../image-error.ts';

const maxLinks = 40;

/** The parts of a layer's path; a leading slash or `./` means nothing. Throws `bad_layer` when it leads out. */
export function partsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) throw new ImageError('bad_layer', `A layer of the image writes outside of it (${JSON.stringify(path.slice(0, 120))}). Don't run this image.`);
  return parts;
}

/** The folder that the parts lead to, following links as if `root` were the root of the file system: never outside of it. */
export async function folderWithin(root: string, parts: readonly string[]): Promise<string> {
  const pending = [...parts];
  let resolved: string[] = [];
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      resolved.pop();
      continue;
    }
    const target = await linkAt(join(root, ...resolved, part));
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new ImageError('bad_layer', 'A layer of the image has links in a circle. Don\'t run this image.');
    if (target.startsWith('/')) resolved = [];
    pending.unshift(...target.split('/'));
  }
  return join(root, ...resolved);
}

async function linkAt(path: string): Promise<string | undefined> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isSymbolicLink() === true ? readlink(path) : undefined;
}
