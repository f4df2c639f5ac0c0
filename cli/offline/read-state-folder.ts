import { join, resolve } from 'node:path';
import { readFolder } from '../../schemas/read-folder.ts';
import type { Problem } from '../../schemas/problem.ts';
import type { RawFile } from '../../schemas/state.ts';
import { CliError } from '../errors.ts';

/** The problem as the user would open it. */
export function relocate(problem: Problem, shown: (path: string) => string): Problem {
  return { ...problem, path: shown(problem.path) };
}

export interface StateFolder {
  readonly files: readonly RawFile[];
  /** A path of the state as the user would open it: below the folder as it was given. */
  readonly shown: (path: string) => string;
}

/** Reads a checkout of a state repository; refuses a folder that is none, since an empty one would be called valid. */
export async function readStateFolder(cwd: string, folder: string): Promise<StateFolder> {
  let files: readonly RawFile[];
  try {
    files = await readFolder(resolve(cwd, folder));
  } catch (error) {
    throw new CliError('file_not_readable', `${folder} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { next: 'name the folder of a state repository, such as tenants-example', cause: error });
  }
  if (!files.some(({ path }) => path === 'platform.yaml' || path.startsWith('tenants/'))) {
    throw new CliError('not_a_state_repository', `${folder} holds neither platform.yaml nor tenants/.`, { next: 'name the folder of a state repository, such as tenants-example' });
  }
  return { files, shown: (path) => join(folder, path) };
}
