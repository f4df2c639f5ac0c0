import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository, openRepository } from '../git/index.ts';
import type { Repository } from '../git/index.ts';

/** An empty repository in a folder of its own. */
export interface MadeRepository {
  readonly folder: string;
  readonly directory: string;
  readonly repository: Repository;
  readonly remove: () => Promise<void>;
}

export async function makeRepository(): Promise<MadeRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-git-'));
  const directory = join(folder, 'state.git');
  await createRepository(directory);
  const repository = await openRepository(directory, new Date());
  const remove = async () => {
    await repository.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, directory, repository, remove };
}
