import { createTwoFilesPatch } from 'diff';
import type { ChangedObject, RenderedFile } from './rendered-changes.ts';

/** Lines around a difference. */
const context = 3;

/** A unified difference of both texts, without the file names, which stand beside it. Nothing of a Secret is shown, although it is encrypted. */
export function renderedDiff(file: RenderedFile, object: ChangedObject | undefined): string {
  if (object?.kind === 'v1/Secret') return '@@ encrypted, not shown @@\n';
  const patch = createTwoFilesPatch('', '', file.before ?? '', file.after ?? '', undefined, undefined, { context });
  return patch.slice(patch.indexOf('@@'));
}
