import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { PlanCrew, planRepository, type Plan, type PlanOptions } from '../../engine/index.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { gitDirectory } from './git-directory.ts';

const execute = promisify(execFile);

export interface PlanRequest {
  /** Any checkout or bare clone of a state repository. */
  readonly repo: string;
  readonly base: string;
  readonly head: string;
}

/** Plans between two commits of a repository on this machine, page by page; reads objects only, so a clone in use is safe. */
export async function planRevisions(io: Io, { repo, base, head }: PlanRequest): Promise<(options: PlanOptions) => Promise<Plan>> {
  const folder = resolve(io.cwd, repo);
  const directory = await gitDirectory(io.cwd, repo);
  const between = { directory, base: await commitOf(folder, base), head: await commitOf(folder, head) };
  const crew = new PlanCrew(directory);
  return (options) => planRepository(between, options, crew);
}

/** The full id of a commit. Throws `unknown_revision`. */
export async function commitOf(folder: string, revision: string): Promise<string> {
  try {
    const { stdout } = await execute('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], { cwd: folder });
    return stdout.trim();
  } catch (error) {
    throw new CliError('unknown_revision', `There is no commit '${revision}' in this repository.`, { next: 'see `git log`, and fetch what is not here yet', cause: error });
  }
}
