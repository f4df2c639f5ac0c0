import { parse } from 'yaml';
import { readStateFiles } from '../../engine/index.ts';
import { openLayoutRegistry } from '../../images/index.ts';
import { refOfPath } from '../../schemas/index.ts';
import type { Release } from '../../schemas/index.ts';

export interface MissingImage {
  readonly release: string;
  readonly digest: string;
}

const onTheWay = /^tenants\/(?:[^/]+\/){0,2}(?:apps\/(?:[^/]+\/(?:releases\/)?)?)?$/;

/** Releases of a commit whose image the registry of the folder does not have; `undefined`: there is no registry, so all of them. */
export async function missingImages(repository: string, commit: string, registryFolder: string | undefined): Promise<readonly MissingImage[]> {
  const files = await readStateFiles(repository, commit, (path) => (path.endsWith('/') ? onTheWay.test(path) : refOfPath(path)?.kind === 'Release'));
  const registry = registryFolder === undefined ? undefined : await openLayoutRegistry(registryFolder);
  const missing: MissingImage[] = [];
  for (const [path, text] of files) {
    const ref = refOfPath(path);
    const image = (parse(text) as Release).spec.image;
    if ((await registry?.getManifest(image.repository, image.digest)) !== undefined) continue;
    missing.push({ release: `${ref?.tenant ?? ''}/${ref?.application ?? ''} ${ref?.name ?? ''}`, digest: image.digest });
  }
  return missing;
}
