import type { ObjectReader } from '../git/index.ts';

/** A commit and those that lead to it along first parents, newest first. No process is started for it. Throws what reading throws. */
export async function* chain(objects: Pick<ObjectReader, 'commit'>, head: string): AsyncGenerator<string> {
  for (let id: string | undefined = head; id !== undefined; id = (await objects.commit(id)).parents[0]) yield id;
}
