import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRepository, openRepository } from '../../engine/git/index.ts';
import { openKeys, type Keys } from '../../workflows/index.ts';
import { seedRepository } from '../seed-repository.ts';
import type { GeneratedState } from '../state.ts';

/** The operator of the example's platform.yaml. */
export const operator = 'usr_op3rat0r00000001';

export interface DataDirectory {
  readonly directory: string;
  readonly stateRepository: string;
  readonly keys: Keys;
}

/** A data directory as `npm start` takes it over: keys, and a state repository in which nothing has been looked at. */
export async function makeDataDirectory(directory: string, state: GeneratedState): Promise<DataDirectory> {
  mkdirSync(directory, { recursive: true });
  const keys = await openKeys(join(directory, 'keys'));
  const stateRepository = join(directory, 'state.git');
  await createRepository(stateRepository);
  const repository = await openRepository(stateRepository, new Date());
  await seedRepository(repository, { ...state, platform: new Map([...state.platform].map(onFlux)) });
  await repository.close();
  return { directory, stateRepository, keys };
}

/** No pods of ten thousand tenants on this machine: Flux would apply the cell. */
function onFlux([path, text]: readonly [string, string]): readonly [string, string] {
  return [path, path.startsWith('cells/') ? text.replace('driver: local', 'driver: flux') : text];
}
