import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { planRepository, type Plan } from '../../engine/index.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

const execute = promisify(execFile);

export interface PlanRequest {
  /** Any checkout or bare clone of a state repository. */
  readonly repo: string;
  readonly base: string;
  readonly head: string;
}

/** Plans between two commits of a repository on this machine; reads objects only, so a clone in use is safe. */
export async function planRevisions(io: Io, { repo, base, head }: PlanRequest): Promise<Plan> {
  const folder = resolve(io.cwd, repo);
  const directory = await gitDirectory(folder, repo);
  return planRepository({ directory, base: await commitOf(folder, base), head: await commitOf(folder, head) });
}

async function gitDirectory(folder: string, shown: string): Promise<string> {
  try {
    // The common directory: a linked worktree has no objects of its own.
    const { stdout } = await execute('git', ['rev-parse', '--path-format=absolute', '--git-common-dir'], { cwd: folder });
    return stdout.trim();
  } catch (error) {
    throw new CliError('not_a_state_repository', `${shown} is not in a Git repository.`, { next: 'name a clone of a state repository with --repo', cause: error });
  }
}

async function commitOf(folder: string, revision: string): Promise<string> {
  try {
    const { stdout } = await execute('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], { cwd: folder });
    return stdout.trim();
  } catch (error) {
    throw new CliError('unknown_revision', `There is no commit '${revision}' in this repository.`, { next: 'see `git log`, and fetch what is not here yet', cause: error });
  }
}
