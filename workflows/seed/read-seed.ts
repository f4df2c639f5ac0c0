import { readFolder } from '../../schemas/index.ts';
import type { SeedInput } from './seed-state.ts';

/** Reads the example's folder and that of the dummy values. */
export async function readSeed({ example, dummies }: { readonly example: string; readonly dummies: string }): Promise<Pick<SeedInput, 'files' | 'secrets'>> {
  const [files, secrets] = await Promise.all([texts(example), texts(dummies)]);
  return { files, secrets };
}

async function texts(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = await readFolder(directory);
  return new Map(files.map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]));
}
