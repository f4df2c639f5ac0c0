import type { Engine, HistoryEntry, ObjectChange } from '../../engine/index.ts';
import { isOlder, type ObjectRef } from '../../schemas/index.ts';

type Entry = Pick<HistoryEntry, 'commit' | 'parents' | 'subject' | 'trailers' | 'reverts'>;

/** A deployment whose release a commit took back, and to which. */
export interface RolledBack {
  readonly ref: ObjectRef<'AppDeployment'>;
  readonly release: string;
}

/** Reverts of reverts of reverts …: nobody means anything by more. */
const deepest = 8;

/**
 * What a commit rolled back. By what it says of itself: our own rollbacks, and reverts as Git writes them, whatever people made
 * of the subject; a revert of a rollback goes forward again. By what it does, for a commit that did not come through the
 * platform: an older release than before is a rollback, also in a merge whose message says nothing.
 */
export async function rolledBackBy(engine: Pick<Engine, 'commit' | 'diff'>, entry: Entry): Promise<readonly RolledBack[]> {
  const [base] = entry.parents;
  if (base === undefined) return [];
  const says = await goesBack(engine, entry, deepest);
  const fromOutside = !entry.trailers.has('Cameleer-Door');
  if (says !== true && !fromOutside) return [];
  return (await engine.diff(base, entry.commit)).flatMap((change) => {
    const moved = releaseMove(change);
    return moved !== undefined && (says ?? isOlder(moved.release, moved.before)) ? [moved] : [];
  });
}

function releaseMove({ ref, change, fields }: ObjectChange): (RolledBack & { readonly before: string }) | undefined {
  const field = fields.find(({ pointer }) => pointer === '/spec/release');
  if (ref?.kind !== 'AppDeployment' || change !== 'modified' || typeof field?.before !== 'string' || typeof field.after !== 'string') return undefined;
  return { ref: ref as ObjectRef<'AppDeployment'>, release: field.after, before: field.before };
}

/** Whether the commit says that it takes something back; `false`: that it takes a rollback back; `undefined`: it says nothing. */
async function goesBack(engine: Pick<Engine, 'commit'>, entry: Pick<Entry, 'subject' | 'trailers' | 'reverts'>, depth: number): Promise<boolean | undefined> {
  const { reverts = [], subject, trailers } = entry;
  if (reverts.length === 0) return trailers.get('Cameleer-Action')?.[0] === 'app.rollback' || subject.startsWith('Revert "') ? true : undefined;
  for (const id of reverts) {
    const reverted = depth === 0 ? undefined : await engine.commit(id);
    if (reverted === undefined || (await goesBack(engine, reverted, depth - 1)) !== true) return true;
  }
  return false;
}
