import { missing, ok, type Judge } from './link.ts';

/** Whether the manifests of the wanted state were written for its cell: the commit that it led to, or the cell's head. */
export const renderedCommit: Judge = async ({ stores, rendered, cell, change }) => {
  if (rendered === undefined) return missing('rendered commit', `Nothing is rendered for cell ${cell}.`);
  const led = change === undefined ? undefined : await stores.engine.renderedFrom(cell, change.commit);
  return ok('rendered commit', led ?? rendered.commit, { message: `cells/${cell}, whose head is ${rendered.commit.slice(0, 12)} (synth ${rendered.synthVersion})` });
};
