import { approvalNeeds } from './rules/transition/approval.ts';
import { changesBetween } from './rules/transition/changes.ts';
import type { TenantState } from './state.ts';

/** Who must agree to a change in an environment. */
export interface ApprovalPolicy {
  readonly environment: string;
  /** How many different people. */
  readonly count: number;
  /** One of these roles each; absent: whoever may approve there. */
  readonly roles?: readonly string[];
  /** What in the change asks for it, one sentence each. */
  readonly because: readonly string[];
}

/**
 * The policies, as they were before, that a change of a tenant comes under, in order of environments; empty when nobody need
 * agree. A setting that asks for approval without naming who gives it is met by one person.
 */
export function approvalPolicies(before: TenantState, after: TenantState | undefined): readonly ApprovalPolicy[] {
  const needs = Map.groupBy(approvalNeeds(before, changesBetween(before, after)), ({ environment }) => environment);
  return [...needs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([environment, found]): ApprovalPolicy => {
    const approval = before.environments.get(environment)?.environment.object.spec.approval;
    const because = [...new Set(found.map((need) => `${need.change.path}: ${need.because}.`))];
    if (approval?.required !== true || approval.approvers === undefined) return { environment, count: 1, because };
    const { count, roles } = approval.approvers;
    return { environment, count, roles, because };
  });
}
