import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { judgeRepository, PlanCrew, planRepository, type Plan, type PlanOptions } from '../../engine/index.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { gitDirectory } from './git-directory.ts';
import { commitOf, type PlanRequest } from './plan-revisions.ts';

const execute = promisify(execFile);

/**
 * The plan of what a branch brings, page by page: from where it left the base, so that what others have merged since is not
 * shown as taken back. Its problems are those of a merge, transition rules included.
 */
export async function reviewRevisions(io: Io, { repo, base, head }: PlanRequest): Promise<(options?: PlanOptions) => Promise<Plan>> {
  const folder = resolve(io.cwd, repo);
  const [from, to] = [await commitOf(folder, base), await commitOf(folder, head)];
  const between = { directory: await gitDirectory(io.cwd, repo), base: await parting(folder, from, to), head: to };
  const errors = await judgeRepository(between, io.now());
  const crew = new PlanCrew(between.directory);
  return async (options) => {
    const plan = await planRepository(between, options, crew);
    return { ...plan, problems: [...plan.problems.filter(({ severity }) => severity !== 'error'), ...errors], summary: { ...plan.summary, errors: errors.length } };
  };
}

async function parting(folder: string, base: string, head: string): Promise<string> {
  try {
    return (await execute('git', ['merge-base', base, head], { cwd: folder })).stdout.trim();
  } catch (error) {
    throw new CliError('unknown_revision', `${base.slice(0, 12)} and ${head.slice(0, 12)} have no commit in common here.`, { next: 'clone with the whole history (fetch-depth: 0)', cause: error });
  }
}
