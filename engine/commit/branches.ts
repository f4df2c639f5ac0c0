/** The desired state, and the only commit point. */
export const mainReference = 'refs/heads/main';
/** Heads of `main` that a rewritten history left behind, by their ids. */
export const rewrittenPrefix = 'refs/cameleer/rewritten/';
export const cellPrefix = 'refs/heads/cells/';

/** The rendered manifests of a cell. */
export function cellReference(cell: string): string {
  return `${cellPrefix}${cell}`;
}
