import { pipePack } from './pipe-pack.ts';

/** Copies a commit and whatever it reaches into another repository. Throws `git_failed`. */
export async function copyCommits(from: string, to: string, tip: string): Promise<void> {
  await pipePack({ from, to, args: ['--revs'], oid: tip });
}
