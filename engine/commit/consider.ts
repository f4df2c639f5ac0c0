import { approvalPolicies, tenantDirectory } from '../../schemas/index.ts';
import { entryAt, isTree } from '../git/index.ts';
import type { Considered, TenantApprovalPolicy } from '../intent.ts';
import { planTrees } from '../plan/plan-between.ts';
import type { Plan } from '../plan/types.ts';
import type { StateView } from '../state/state-view.ts';
import type { Drafted, PrepareContext } from './prepare.ts';

/**
 * The plan of a change that is not committed yet, and the approval policies that it comes under. The plan is made of the two
 * trees alone, as it will be by anybody who has the commit and its parent: so its hash can be checked from Git.
 */
export async function consider(context: PrepareContext, view: StateView, drafted: Drafted): Promise<Considered> {
  const { objects, root, files, before } = drafted;
  const { loader } = context;
  const plan = await planDrafted(context, view, drafted);
  const policies: TenantApprovalPolicy[] = [];
  for (const [tenant, state] of before.tenants) {
    if (state === undefined) continue;
    const entry = await entryAt(objects, root, tenantDirectory(tenant));
    const after = entry !== undefined && isTree(entry) ? await loader.load(tenant, entry.oid, objects) : undefined;
    for (const policy of approvalPolicies(state, after)) policies.push({ tenant, ...policy });
  }
  return { base: view.commit, files, before, plan, policies };
}

/** The plan of a change that is not committed yet, or its part of some tenants. */
export async function planDrafted({ loader, crew }: PrepareContext, view: StateView, { objects, root }: Pick<Drafted, 'objects' | 'root'>, tenants?: readonly string[]): Promise<Plan> {
  const platformAt = (at: string) => (at === view.platform.root ? view.platform.state : undefined);
  const context = { objects, loader, crew, platformAt, unwritten: objects.unwritten() };
  return planTrees(context, { before: view.root, after: root }, { base: view.commit }, tenants === undefined ? {} : { tenants });
}
