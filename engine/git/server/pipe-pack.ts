import { GitError } from '../git-error.ts';
import { spawnGit } from '../run-git.ts';
import { feed, statusOf } from './child.ts';

export interface PackPipe {
  readonly from: string;
  readonly to: string;
  /** `--revs`: what is named, and whatever it reaches. */
  readonly args: readonly string[];
  /** Id of an object. */
  readonly oid: string;
}

/** No process holds a larger object whole. */
const streamed = ['-c', 'pack.threads=1', '-c', 'core.bigFileThreshold=4m'];

/** Copies objects into another repository without holding them. Throws `git_failed`. */
export async function pipePack({ from, to, args, oid }: PackPipe): Promise<void> {
  const sender = spawnGit(from, [...streamed, 'pack-objects', ...args, '--stdout', '-q', '--delta-base-offset', '--window=0']);
  const receiver = spawnGit(to, [...streamed, 'index-pack', '--stdin']);
  for (const child of [sender, receiver]) child.stderr.resume();
  receiver.stdout.resume();
  sender.stdin.on('error', () => {});
  sender.stdin.end(`${oid}\n`);
  const statuses = await Promise.all([statusOf(sender), statusOf(receiver), feed(receiver, sender.stdout as AsyncIterable<Buffer>)]);
  if (statuses[0] !== 0 || statuses[1] !== 0) throw new GitError('git_failed', 'A publication could not be brought up to date. Free disk space, and run git fsck on the state repository.');
}
