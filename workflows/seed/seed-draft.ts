import { blobId, loadState } from '../../schemas/index.ts';
import type { RawFile, State } from '../../schemas/index.ts';
import { SeedError } from './seed-error.ts';

/** A state that is being changed by one step after the other. */
export interface SeedDraft {
  /** The state as it was at the start. */
  readonly example: State;
  /** Path → text, as changed so far. */
  readonly files: Map<string, string>;
}

export function openDraft(files: ReadonlyMap<string, string>): SeedDraft {
  return { example: loadState(rawFiles(files)), files: new Map(files) };
}

/** As Git would hold them. */
export function rawFiles(files: ReadonlyMap<string, string>): RawFile[] {
  return [...files].map(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    return { path, mode: 'file', oid: blobId(bytes), size: bytes.length, bytes };
  });
}

/** The text of a file that must be there. Errors: `seed_invalid`. */
export function textOf(draft: SeedDraft, path: string): string {
  const text = draft.files.get(path);
  if (text === undefined) throw new SeedError('seed_invalid', `The example lacks ${path}. Restore it.`);
  return text;
}
