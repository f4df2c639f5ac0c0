import { isUnreadable, parseTrailers, signerOf } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';

/** A commit of `cells/<cell>` and what its trailers say. */
export interface CellCommit {
  readonly commit: ParsedCommit;
  readonly source: string;
  readonly synthVersion: string;
  readonly quarantined: readonly string[];
}

/** `undefined` when the id leads to no commit of a cell. */
export async function readCellCommit(objects: ObjectReader, id: string): Promise<CellCommit | undefined> {
  const commit = await objects.commit(id).catch(unlessDamaged);
  if (commit === undefined) return undefined;
  const trailers = parseTrailers(commit.message);
  const [source, synthVersion] = [trailers.get('Source-Commit')?.[0], trailers.get('Synth-Version')?.[0]];
  return source === undefined || synthVersion === undefined ? undefined : { commit, source, synthVersion, quarantined: trailers.get('Quarantined') ?? [] };
}

/**
 * The same, when it is signed by one of the keys: a branch that somebody moved by hand may lead anywhere, to no commit or to
 * one that claims what nobody has checked.
 */
export async function readOwnCellCommit(objects: ObjectReader, id: string, signers: readonly Buffer[]): Promise<CellCommit | undefined> {
  const cell = await readCellCommit(objects, id);
  const signer = cell && signerOf(cell.commit);
  return cell !== undefined && signers.some((key) => signer?.equals(key) === true) ? cell : undefined;
}

/** A missing or damaged object is `undefined`. */
export function unlessDamaged(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}
