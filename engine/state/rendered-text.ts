import { GitError } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';

/** Many times what synth makes of files of the largest size. */
const mostBytes = 16 * 1024 * 1024;

/** A rendered file. Throws `too_large`: then it is none of synth's. */
export async function renderedBytes(objects: ObjectReader, oid: string): Promise<Buffer> {
  const { size, content } = await objects.blob(oid, mostBytes);
  if (content === undefined) throw new GitError('too_large', `The rendered file ${oid} has ${size} bytes; none has more than ${mostBytes}.`);
  return content;
}

export async function renderedText(objects: ObjectReader, oid: string | undefined): Promise<string | undefined> {
  return oid === undefined ? undefined : (await renderedBytes(objects, oid)).toString('utf8');
}
