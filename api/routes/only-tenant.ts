import type { Plan } from '../../engine/types.ts';

/** A tenant sees its own part of a plan, and nothing that names another tenant; the hash stays that of the whole. */
export function onlyTenant(plan: Plan, tenant: string): Plan {
  const folder = `tenants/${tenant.slice(0, 2)}/${tenant}`;
  const mine = (path: string) => path.startsWith(`${folder}/`) || path === `flux/${folder}.yaml`;
  const namespaces = (name: string) => name === `t-${tenant}` || name.startsWith(`t-${tenant}--`) || name.startsWith(`t-${tenant}/`);
  const radius = plan.blastRadius;
  const others = radius.tenants.some((each) => each !== tenant);
  return {
    ...plan,
    objects: plan.objects.filter((each) => mine(each.path)),
    rendered: plan.rendered.filter((each) => mine(each.path)),
    problems: plan.problems.filter((each) => mine(each.path)),
    // A risk is a sentence: where others are concerned as well, only those that name this tenant's files are surely its own.
    risks: others ? plan.risks.filter((each) => each.message.includes(`${folder}/`)) : plan.risks,
    blastRadius: {
      tenants: radius.tenants.filter((each) => each === tenant),
      namespaces: radius.namespaces.filter(namespaces),
      restarted: radius.restarted.filter(namespaces),
      scaled: radius.scaled.filter(namespaces),
      created: radius.created.filter(namespaces),
      deleted: radius.deleted.filter(namespaces),
    },
  };
}
