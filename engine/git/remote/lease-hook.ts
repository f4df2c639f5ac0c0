import { spawn } from 'node:child_process';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from '../git-error.ts';

/** What the hook says on standard error: the refs are where they should be, or not. Before it has spoken, nothing was sent. */
export const leaseHeld = 'cameleer-lease-held';
export const leaseLost = 'cameleer-lease-lost';

/**
 * git asks a `pre-push` hook once it knows where the remote's refs are, on the connection on which it then sends the values
 * that it knows as the old ones, which the remote compares. So a push that the hook lets pass moves a ref from the value in
 * `CAMELEER_LEASES` and from no other: a branch that somebody has set back is not rolled forward. Empty: any value will do.
 */
const script = `#!/bin/sh
while read -r _ _ name found; do
  case "$CAMELEER_LEASES" in
    ''|*"|$name $found|"*) ;;
    *) echo ${leaseLost} >&2; exit 1 ;;
  esac
done
echo ${leaseHeld} >&2
`;

export function leasesOf(updates: readonly { readonly name: string; readonly before: string }[]): string {
  return `|${updates.map(({ name, before }) => `${name} ${before}`).join('|')}|`;
}

/**
 * Writes the hook into the repository's folder and answers where. git skips a hook that it can't run, so it is run here first.
 * Throws `git_failed` when it does not do its work.
 */
export async function writeLeaseHook(directory: string): Promise<string> {
  const folder = join(directory, 'cameleer-hooks');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'pre-push');
  await writeFile(`${path}.new`, script, { mode: 0o700 });
  await chmod(`${path}.new`, 0o700);
  await rename(`${path}.new`, path);
  const [held, lost] = await Promise.all([runHook(path, 'x'), runHook(path, 'y')]);
  if (held !== 0 || lost !== 1) throw new GitError('git_failed', `${path} can not be run, and without it no push is safe. Use a file system that is not mounted noexec.`);
  return folder;
}

function runHook(path: string, found: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(path, [], { stdio: ['pipe', 'ignore', 'ignore'], env: { PATH: process.env['PATH'], CAMELEER_LEASES: leasesOf([{ name: 'refs/heads/main', before: 'x' }]) } });
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code ?? undefined));
    child.stdin.on('error', () => {});
    child.stdin.end(`refs/heads/main 1 refs/heads/main ${found}\n`);
  });
}
