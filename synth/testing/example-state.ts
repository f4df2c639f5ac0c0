import { join } from 'node:path';
import { blobId, loadState, readFolder, type State } from '../../schemas/index.ts';

export const exampleFolder = join(import.meta.dirname, '../../tenants-example');

/** The state of tenants-example, after edits: path → the file's new text from its old one (`''` when there is none). */
export async function exampleState(edits: Readonly<Record<string, (text: string) => string>> = {}): Promise<State> {
  const files = await readFolder(exampleFolder);
  const paths = new Set(files.map(({ path }) => path));
  const added = Object.keys(edits).filter((path) => !paths.has(path)).map((path) => ({ path, mode: 'file' as const, oid: '', size: 0, bytes: new Uint8Array() }));
  return loadState([...files, ...added].map((file) => {
    const edit = edits[file.path];
    if (edit === undefined) return file;
    const bytes = Buffer.from(edit(Buffer.from(file.bytes ?? []).toString('utf8')));
    return { path: file.path, mode: file.mode, oid: blobId(bytes), size: bytes.length, bytes };
  }));
}
