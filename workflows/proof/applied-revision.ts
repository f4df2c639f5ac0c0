import { tenantDirectory } from '../../schemas/index.ts';
import { conditionOf, statusOf } from '../status/kubernetes.ts';
import { unwatched } from '../status/unwatched.ts';
import { missing, ok, type Evidence, type Judge, type Link } from './link.ts';

const name = 'applied revision';

/** Applied: the environment's rendered tree at the applied revision equals the wanted tree; commits may differ. */
export const appliedRevision: Judge = async (evidence) => {
  const { observed, cell, stores } = evidence;
  if (observed === undefined) return missing(name, unwatched(stores, cell));
  const ready = conditionOf(observed.kustomization, 'Ready');
  const revision = statusOf(observed.kustomization).lastAppliedRevision;
  const since = ready?.lastTransitionTime === undefined ? {} : { since: ready.lastTransitionTime };
  if (revision === undefined) return missing(name, ready?.message ?? `Cell ${cell} has applied nothing of this environment yet.`, since);
  if (ready?.status === 'False') return missing(name, ready.message ?? 'The last revision was not applied.', { value: revision, ...since });
  return compare(evidence, revision, since);
};

async function compare({ stores, place, cell, rendered }: Evidence, revision: string, since: { since?: string }): Promise<Link> {
  const folder = `${tenantDirectory(place.tenant)}/${place.environment}`;
  const commit = revision.slice(revision.lastIndexOf(':') + 1);
  const applied = await (await stores.engine.cell(cell, commit))?.tree(folder);
  const wanted = await rendered?.tree(folder);
  if (wanted === undefined) return missing(name, `Cell ${cell} holds nothing for this environment.`, { value: revision });
  if (applied !== wanted) return missing(name, `The cell has applied ${commit.slice(0, 12)}, whose manifests of this environment differ from the wanted ones.`, { value: revision, ...since });
  return ok(name, revision, { message: `tree ${wanted.slice(0, 12)} of ${folder} is the wanted one`, ...since });
}
