import { bindingsOf, decide } from '../../access/index.ts';
import type { StateBefore, TenantApprovalPolicy } from '../../engine/index.ts';
import type { ChangeApproval } from '../../ledger/index.ts';
import type { ApprovalPolicy } from '../../schemas/index.ts';

/** What a change comes to, as far as approvals are about it. */
export interface Approvable {
  readonly before: StateBefore;
  readonly policies: readonly TenantApprovalPolicy[];
  readonly plan: { readonly hash: string };
}

/** Why the person may not agree under the policy; `undefined` when they may. */
export function refusalUnder({ before }: Pick<Approvable, 'before'>, person: string, policy: Pick<ApprovalPolicy, 'environment' | 'roles'> & { readonly tenant: string }): string | undefined {
  const { tenant, environment, roles } = policy;
  const state = before.tenants.get(tenant);
  const subject = { kind: 'person', id: person } as const;
  const decision = decide(before.platform, state, { subject, tenant, action: 'changes.approve', environment });
  if (!decision.allowed) return decision.because;
  if (roles === undefined) return undefined;
  const bindings = state === undefined ? [] : (bindingsOf(state, subject) ?? []);
  const bound = bindings.some((binding) => binding.teams === undefined && roles.includes(binding.role) && (binding.environments.includes('*') || binding.environments.includes(environment)));
  return bound ? undefined : `${person} holds none of the roles that ${tenant}/${environment} asks for (${roles.join(', ')}) there.`;
}

/** Why the person may not approve the change at all; `undefined` when they may. Where nobody need agree, who may approve somewhere in the tenant may say so all the same. */
export function refusalToApprove(about: Approvable, person: string): string | undefined {
  const places = about.policies.length > 0 ? about.policies : everywhere(about.before);
  const refusals = places.map((place) => refusalUnder(about, person, place));
  if (refusals.includes(undefined)) return undefined;
  return refusals[0] ?? `${person} may approve nothing that this change touches.`;
}

function everywhere({ tenants }: StateBefore): { readonly tenant: string; readonly environment: string }[] {
  return [...tenants].flatMap(([tenant, state]) => [...(state?.environments.keys() ?? [])].map((environment) => ({ tenant, environment })));
}

/** Why an approval does not count; `undefined` when it does. People on the deny-list are not among the approvals. */
export function refusalOf(about: Approvable, author: string, { person, planHash }: ChangeApproval): string | undefined {
  if (person === author) return 'Nobody approves their own change.';
  if (planHash !== about.plan.hash) return 'It was given to another plan: what the request would do has changed since.';
  return refusalToApprove(about, person);
}

/** The people whose approvals count, in the order in which they were given. */
export function approversOf(about: Approvable, author: string, approvals: readonly ChangeApproval[]): readonly string[] {
  return approvals.filter((approval) => refusalOf(about, author, approval) === undefined).map(({ person }) => person);
}

/** Those of them who count under one policy. */
export function approversUnder(about: Approvable, policy: TenantApprovalPolicy, approvers: readonly string[]): readonly string[] {
  return approvers.filter((person) => refusalUnder(about, person, policy) === undefined);
}
