import { loadPlatform, readFolder, type PlatformState } from '../../schemas/index.ts';

/** The platform's part of the example, as it stands in its folder. */
export async function readSeedPlatform(example: string): Promise<PlatformState> {
  return loadPlatform(await readFolder(example));
}
