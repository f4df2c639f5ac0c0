import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../errors.ts';

const execute = promisify(execFile);

/** The Git directory of a clone, work tree or bare repository on this machine. Throws `not_a_state_repository`. */
export async function gitDirectory(cwd: string, repo: string): Promise<string> {
  try {
    // The common directory: a linked worktree has no objects of its own.
    const { stdout } = await execute('git', ['rev-parse', '--path-format=absolute', '--git-common-dir'], { cwd: resolve(cwd, repo) });
    return stdout.trim();
  } catch (error) {
    throw new CliError('not_a_state_repository', `${repo} is not in a Git repository.`, { next: 'name a clone of a state repository', cause: error });
  }
}
