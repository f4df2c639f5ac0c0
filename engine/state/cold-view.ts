import { claimsOf, loadTenant, refOfPath, tenantDirectory, tenantOfPath } from '../../schemas/index.ts';
import { entryAt, isTree, parseTree, ZERO_ID } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { readFiles } from './read-files.ts';
import { readPlatform } from './read-state.ts';
import { platformKey, StateView } from './state-view.ts';

/** Kinds that claim something for one tenant alone. */
const claiming = new Set(['Tenant', 'Ingress', 'SsoConnection']);
const foldersOnTheWay = /^(?:environments\/(?:[^/]+\/(?:ingresses\/)?)?|sso\/)$/;
const atOnce = 64;

/** Tenant → tree, of a root tree. */
export async function tenantTrees(objects: ObjectReader, root: string): Promise<Map<string, string>> {
  const tenants = await entryAt(objects, root, 'tenants');
  if (tenants === undefined || !isTree(tenants)) return new Map();
  const prefixes = parseTree(await objects.tree(tenants.oid)).filter(isTree);
  const found = await Promise.all(
    prefixes.map(async (prefix) => {
      const entries = parseTree(await objects.tree(prefix.oid)).filter(isTree);
      return entries.filter((entry) => tenantOfPath(`tenants/${prefix.name}/${entry.name}`) === entry.name).map((entry) => [entry.name, entry.oid] as const);
    }),
  );
  return new Map(found.flat().sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads only the files of a tenant that can claim something. */
async function addClaims(view: StateView, objects: ObjectReader, id: string, tree: string): Promise<void> {
  const prefix = `${tenantDirectory(id)}/`;
  const wanted = (path: string) => (path.endsWith('/') ? foldersOnTheWay.test(path.slice(prefix.length)) : claiming.has(refOfPath(path)?.kind ?? ''));
  const claims = claimsOf(loadTenant(id, await readFiles(objects, tree, prefix, { wanted })));
  for (const claim of claims) view.claims.set(claim.key, { tenant: id, claim });
  view.claimKeys.set(id, claims.map((claim) => claim.key));
}

/**
 * The view at a commit that has been validated and rendered before, `quarantined` naming what was not in force then
 * (`<tenant> <last good commit>`). Reads the trees above the tenants and what they claim; no tenant is loaded whole.
 */
export async function coldView(objects: ObjectReader, commit: string, quarantined: readonly string[]): Promise<StateView> {
  const view = await viewInForce(objects, commit, quarantined);
  const queue = view.tenants.toMap().entries();
  const worker = async () => {
    for (const [id, tree] of queue) await addClaims(view, objects, id, tree);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return view;
}

/** The same without the claims, to read only. */
export async function viewInForce(objects: ObjectReader, commit: string, quarantined: readonly string[]): Promise<StateView> {
  const root = (await objects.commit(commit)).tree;
  const good = new Map(quarantined.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
  const platformCommit = good.get(platformKey) ?? commit;
  const platformRoot = platformCommit === commit ? root : await rootOf(objects, platformCommit);
  const platform = { state: await readPlatform(objects, platformRoot), root: platformRoot, commit: platformCommit };
  const view = new StateView({ commit, root, platform });
  const trees = await tenantTrees(objects, root);
  for (const [id, lastGood] of good) {
    view.quarantines.set(id, { tenant: id, commit: lastGood, problems: [] });
    trees.delete(id);
    const tree = lastGood === ZERO_ID ? undefined : await entryAt(objects, await rootOf(objects, lastGood), tenantDirectory(id));
    if (id !== platformKey && tree !== undefined && isTree(tree)) trees.set(id, tree.oid);
  }
  for (const [id, tree] of trees) view.tenants.set(id, tree);
  return view;
}

async function rootOf(objects: ObjectReader, commit: string): Promise<string> {
  return (await objects.commit(commit)).tree;
}
