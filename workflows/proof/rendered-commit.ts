import { missing, ok, type Judge } from './link.ts';

/** Whether the manifests of the wanted state were written for its cell. */
export const renderedCommit: Judge = ({ rendered, cell }) => {
  if (rendered === undefined) return missing('rendered commit', `Nothing is rendered for cell ${cell}.`);
  return ok('rendered commit', rendered.commit, { message: `cells/${cell}, from ${rendered.sourceCommit}, synth ${rendered.synthVersion}` });
};
