import { link, lstat, mkdir, open, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../image-error.ts';
import { readTar, type TarItem } from '../tar/tar-reader.ts';
import { folderWithin, partsOf } from './safe-path.ts';

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/**
 * Unpacks one layer over what lower layers have put under `root`. Nothing is written outside; owners and devices are left
 * out, set-id bits cleared. Throws ImageError `bad_layer`.
 */
export async function applyLayer(root: string, layer: AsyncIterable<Buffer>): Promise<void> {
  /** What this layer wrote: its whiteouts hide lower layers only. */
  const own = new Set<string>();
  for await (const item of readTar(layer)) {
    const parts = partsOf(item.path);
    const name = parts.at(-1);
    if (name === undefined) continue;
    const folder = await folderWithin(root, parts.slice(0, -1));
    if (name === opaque) await empty(folder, own);
    else if (name.startsWith(whiteout)) await hide(folder, name.slice(whiteout.length), own);
    else {
      await mkdir(folder, { recursive: true });
      await place(root, join(folder, name), item);
      own.add(join(folder, name));
    }
  }
}

async function place(root: string, path: string, item: TarItem): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !(item.kind === 'directory' && there.isDirectory())) await rm(path, { recursive: true, force: true });
  switch (item.kind) {
    case 'directory':
      await mkdir(path, { recursive: true, mode: item.mode | 0o700 });
      return;
    case 'file':
      await writeFile(path, item);
      return;
    case 'symlink':
      await symlink(item.target, path);
      return;
    case 'hardlink':
      await hardlink(root, path, item.target);
      return;
    case 'other':
  }
}

async function writeFile(path: string, item: TarItem): Promise<void> {
  const file = await open(path, 'wx', item.mode | 0o600);
  try {
    for await (const chunk of item.content) {
      let written = 0;
      while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten;
    }
    // The folder is trusted by its name later: after a power cut it must not hold empty files.
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function hardlink(root: string, path: string, target: string): Promise<void> {
  const parts = partsOf(target);
  const name = parts.at(-1);
  if (name === undefined) throw new ImageError('bad_layer', 'A layer of the image links to its root. Don\'t run this image.');
  const from = join(await folderWithin(root, parts.slice(0, -1)), name);
  await link(from, path).catch((cause: unknown) => {
    throw new ImageError('bad_layer', `A layer of the image links to ${JSON.stringify(target.slice(0, 120))}, which isn't there. Upload the release again.`, { cause });
  });
}

async function hide(folder: string, name: string, own: ReadonlySet<string>): Promise<void> {
  if (['', '.', '..'].includes(name)) throw new ImageError('bad_layer', 'A layer of the image hides its own folder or one above. Don\'t run this image.');
  if (!own.has(join(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
}

async function empty(folder: string, own: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) await hide(folder, name, own);
}
