import { SYNTH_VERSION } from '../../synth/index.ts';
import { encodeCommit, signSsh } from '../git/index.ts';
import type { CommitFields, ObjectDraft, StateKey } from '../git/index.ts';
import type { CellHead, StateView } from '../state/state-view.ts';
import { committer, formatMessage } from './message.ts';

export interface SourceCommit extends CommitFields {
  readonly id: string;
}

/** `<tenant> <last good commit>`, in order of tenants. */
function quarantineLines(view: StateView): string[] {
  return [...view.quarantines.toMap()].map(([id, { commit }]) => `${id} ${commit}`).sort();
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

/** All of it but the signature. */
export function cellCommit(head: Pick<CellHead, 'commit' | 'tree'>, source: SourceCommit, quarantined: readonly string[]): CommitFields {
  const { seconds, zone } = source.committer;
  const subject = source.message.split('\n')[0] ?? '';
  return {
    tree: head.tree,
    parents: head.commit === undefined ? [] : [head.commit],
    author: source.author,
    committer: { ...committer, seconds, zone },
    message: formatMessage(`Render ${source.id.slice(0, 10)}: ${subject}`, '', [
      `Source-Commit: ${source.id}`,
      `Synth-Version: ${SYNTH_VERSION}`,
      ...quarantined.map((line) => `Quarantined: ${line}`),
    ]),
  };
}

/**
 * Makes a commit for each cell whose tree or quarantines differ from its last one. Everything in it derives from the source
 * commit and the cell's last commit, so the ids can be made again.
 */
export function commitCells(view: StateView, objects: ObjectDraft, source: SourceCommit, key: StateKey): void {
  const quarantined = quarantineLines(view);
  for (const cell of view.cells.keys()) {
    const head = view.cells.get(cell);
    if (head === undefined || (head.commit !== undefined && head.tree === head.committedTree && sameLines(head.quarantined, quarantined))) continue;
    const commit = objects.add('commit', encodeCommit(cellCommit(head, source, quarantined), (payload) => signSsh(payload, key)));
    view.cells.set(cell, { commit, committedTree: head.tree, tree: head.tree, quarantined });
  }
}
