import { join } from 'node:path';
import { blobId, readFolder } from '../read-folder.ts';
import type { RawFile } from '../state.ts';

const folder = join(import.meta.dirname, '../../tenants-example');

/** The files of tenants-example, which tests change one at a time. */
export async function exampleFiles(): Promise<readonly RawFile[]> {
  return readFolder(folder);
}

export function rawFile(path: string, content: string | Uint8Array, mode: RawFile['mode'] = 'file'): RawFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { path, mode, oid: blobId(bytes), size: bytes.length, bytes };
}

export function textOf(files: readonly RawFile[], path: string): string {
  const file = files.find((each) => each.path === path);
  if (file?.bytes === undefined) throw new TypeError(`There is no ${path}.`);
  return new TextDecoder().decode(file.bytes);
}

/** The files with one of them written, or removed when the text is undefined. */
export function withFile(files: readonly RawFile[], path: string, text: string | undefined): readonly RawFile[] {
  const others = files.filter((each) => each.path !== path);
  return text === undefined ? others : [...others, rawFile(path, text)];
}

/** The files with the first occurrence of `from` in one of them replaced; a TypeError when it isn't there. */
export function edited(files: readonly RawFile[], path: string, from: string, to: string): readonly RawFile[] {
  const text = textOf(files, path);
  if (!text.includes(from)) throw new TypeError(`${path} doesn't hold ${from}.`);
  return withFile(files, path, text.replace(from, () => to));
}
