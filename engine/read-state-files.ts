import { ObjectStore } from './git/index.ts';
import { noLimits, readFiles } from './state/read-files.ts';

/** Path → text of the files of a commit (full id) of any bare repository; `wanted` is asked for folders (`a/`) and files. */
export async function readStateFiles(directory: string, commit: string, wanted: (path: string) => boolean): Promise<ReadonlyMap<string, string>> {
  const objects = new ObjectStore(directory);
  try {
    const files = await readFiles(objects, (await objects.commit(commit)).tree, '', { wanted, limits: noLimits });
    return new Map(files.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [[path, Buffer.from(bytes).toString('utf8')] as const])));
  } finally {
    objects.close();
  }
}
