import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { arrange, readTar, writeTar } from '../../images/index.ts';
import { WorkflowError } from '../errors.ts';

/** Makes one tar file of a backup's folder, and removes the folder. The file is whole or not there. */
export async function backupFileOf(folder: string, file: string): Promise<void> {
  const entries = await Promise.all((await readdir(folder)).map(async (name) => {
    const path = join(folder, name);
    return { path: name, kind: 'file' as const, size: (await stat(path)).size, content: () => createReadStream(path) as AsyncIterable<Buffer> };
  }));
  const draft = join(dirname(file), `.${basename(file)}.new`);
  await pipeline(Readable.from(writeTar(arrange(entries))), createWriteStream(draft, { mode: 0o600, flush: true }));
  await rename(draft, file);
  await rm(folder, { recursive: true });
}

/** Gives the folder of a backup, unpacked beside it when it is one file, to the work. Errors: `backup_invalid`. */
export async function withBackupFolder<T>(path: string, work: (folder: string) => Promise<T>): Promise<T> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new WorkflowError('backup_invalid', `${path} is not there. Name the file or folder of a backup.`);
  if (found.isDirectory()) return work(path);
  const folder = await mkdtemp(join(dirname(resolve(path)), '.cameleer-backup-'));
  try {
    await unpack(path, folder);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const item of readTar(createReadStream(file) as AsyncIterable<Buffer>)) {
      if (item.kind !== 'file' || !/^[a-z][a-z.]*$/.test(item.path)) throw new TypeError(`${item.path} is no file of a backup`);
      names.push(item.path);
      await pipeline(Readable.from(item.content), createWriteStream(join(folder, item.path), { flags: 'wx', mode: 0o600 }));
    }
  } catch (cause) {
    throw new WorkflowError('backup_invalid', `${file} is no backup, or it was cut off. Take another one.`, { cause });
  }
  if (names.length === 0) throw new WorkflowError('backup_invalid', `${file} is empty. Take another backup.`);
}
