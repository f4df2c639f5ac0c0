import { pipePack } from './pipe-pack.ts';

/** Copies one object, however large, into another repository. Throws `git_failed`. */
export async function copyObject(from: string, to: string, oid: string): Promise<void> {
  await pipePack({ from, to, args: [], oid });
}
