import { GitError } from '../git-error.ts';
import { spawnGit } from '../run-git.ts';
import { feed, statusOf } from './child.ts';

/** Copies a commit and whatever it reaches into another repository. Throws `git_failed`. */
export async function copyCommits(from: string, to: string, tip: string): Promise<void> {
  const sender = spawnGit(from, ['-c', 'pack.threads=1', 'pack-objects', '--revs', '--stdout', '-q', '--delta-base-offset', '--window=0']);
  const receiver = spawnGit(to, ['-c', 'pack.threads=1', 'index-pack', '--stdin']);
  for (const child of [sender, receiver]) child.stderr.resume();
  receiver.stdout.resume();
  sender.stdin.on('error', () => {});
  sender.stdin.end(`${tip}\n`);
  const statuses = await Promise.all([statusOf(sender), statusOf(receiver), feed(receiver, sender.stdout as AsyncIterable<Buffer>)]);
  if (statuses[0] !== 0 || statuses[1] !== 0) throw new GitError('git_failed', 'A publication could not be brought up to date. Free disk space, and run git fsck on the state repository.');
}
