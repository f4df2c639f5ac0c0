import { tenantDirectory, validatePlatform } from '../../schemas/index.ts';
import type { Problem } from '../../schemas/index.ts';
import { entryAt, isTree, isUnreadable } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { assessTenant } from '../state/assess-tenant.ts';
import { readPlatform } from '../state/read-state.ts';
import type { TenantLoader } from '../state/read-state.ts';
import { platformKey } from '../state/state-view.ts';
import type { StateView } from '../state/state-view.ts';
import { unreadable, unreadableAt } from '../state/unreadable.ts';

/** After a start: finds again what is wrong with each quarantined tenant, which trailers don't say. */
export async function explainQuarantines(view: StateView, objects: ObjectReader, loader: TenantLoader, now: Date): Promise<void> {
  for (const [id, quarantine] of view.quarantines.toMap()) {
    const found = id === platformKey ? platformProblems(view, objects) : tenantProblems(view, objects, loader, { id, now });
    const problems = await found.catch((error: unknown) => {
      if (isUnreadable(error)) return id === platformKey ? [unreadableAt(platformKey, error)] : unreadable(id, error).problems;
      throw error;
    });
    view.quarantines.set(id, { ...quarantine, problems });
  }
}

async function platformProblems(view: StateView, objects: ObjectReader): Promise<readonly Problem[]> {
  return validatePlatform(await readPlatform(objects, view.root));
}

async function tenantProblems(view: StateView, objects: ObjectReader, loader: TenantLoader, { id, now }: { id: string; now: Date }): Promise<readonly Problem[]> {
  const inForce = view.tenants.get(id);
  const entry = await entryAt(objects, view.root, tenantDirectory(id));
  const before = inForce === undefined ? undefined : await loader.load(id, inForce);
  const after = entry === undefined || !isTree(entry) ? undefined : await loader.load(id, entry.oid);
  const platform = { before: view.platform.state, after: view.platform.state };
  return assessTenant(view, { id, platform, before, after, now, by: 'operator' }).problems;
}
