import type { Problem } from '../../problem.ts';
import type { TenantState } from '../../state.ts';
import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';
import { isChangeOf, type Change } from './changes.ts';
import { deploymentChanges } from './release-change.ts';

/** What may change without approval: how much runs and whether, not what. */
const unguarded = new Set(['replicas', 'stopped', 'restartedAt']);
/** Fields of an application that no pod is made of. */
const descriptive = new Set(['displayName', 'team']);

/** Why a change needs that somebody agrees, and by the policy of which environment. */
export interface ApprovalNeed {
  readonly environment: string;
  readonly change: Change;
  readonly because: string;
}

/**
 * Where approval is required, people of the tenant change what runs, or the requirement, only by a change request to which
 * others have agreed. The policy that counts is the one before the change.
 */
export const approval: TransitionRule = {
  codes: ['approval_required'],
  * check({ by, approved, tenant: { before }, changes }) {
    if (by !== 'tenant' || approved === true || before === undefined) return;
    for (const { change, because } of approvalNeeds(before, changes)) yield refuse(change, because);
  },
};

/** What in a change needs approval, whoever makes it. */
export function* approvalNeeds(before: TenantState, changes: readonly Change[]): Iterable<ApprovalNeed> {
  for (const { change, environment } of deploymentChanges(changes)) {
    if (needsApproval(before, environment) && changesWhatRuns(change)) yield { environment, change, because: `\`${environment}\` needs approval before what runs there changes` };
  }
  for (const change of changes) {
    for (const used of guardedUsers(change, before)) yield { environment: used, change, because: `What runs in \`${used}\` is made of this, and that needs approval before it changes` };
    const weakened = policyWeakened(change, before);
    if (weakened !== undefined) yield { environment: weakened, change, because: 'This changes an approval policy, which itself needs approval' };
  }
}

/** The environment whose policy the change takes away or alters. */
function policyWeakened(change: Change, before: TenantState): string | undefined {
  if (isChangeOf(change, 'Environment')) return weakens(change, before) ? change.before?.ref.name : undefined;
  return isChangeOf(change, 'Settings') && lifts(change) ? 'prod' : undefined;
}

/** Whether a change of what runs in the environment needs approval: its own policy, or the tenant's setting for `prod`. */
function needsApproval(tenant: TenantState, environment: string): boolean {
  if (tenant.environments.get(environment)?.environment.object.spec.approval?.required === true) return true;
  return environment === 'prod' && tenant.settings?.object.spec.policies?.requireApprovalForProd === true;
}

function changesWhatRuns({ before, after }: Change<'AppDeployment'>): boolean {
  return before === undefined || after === undefined || differ(before.object.spec, after.object.spec, unguarded);
}

/** Every environment that needs approval and runs what the change alters by another way than the deployment: its application, or a secret that it uses. */
function guardedUsers(change: Change, before: TenantState): readonly string[] {
  const guarded = before.environments.values().filter(({ name }) => needsApproval(before, name));
  if (isChangeOf(change, 'Application')) {
    const { before: old, after: fresh } = change;
    if (old === undefined || fresh === undefined || !differ(old.object.spec, fresh.object.spec, descriptive)) return [];
    return guarded.filter(({ deployments }) => deployments.has(old.ref.name)).map(({ name }) => name).toArray();
  }
  if (!isChangeOf(change, 'Secret') || change.before === undefined) return [];
  const { name, environment } = change.before.ref;
  return guarded.filter((each) => each.name === environment && each.deployments.values().some(({ object }) => object.spec.secrets?.some(({ secret }) => secret === name))).map((each) => each.name).toArray();
}

function differ(before: object, after: object, except: ReadonlySet<string>): boolean {
  const old: Readonly<Record<string, unknown>> = { ...before };
  const fresh: Readonly<Record<string, unknown>> = { ...after };
  return Object.keys({ ...old, ...fresh }).some((field) => !except.has(field) && JSON.stringify(old[field]) !== JSON.stringify(fresh[field]));
}

function weakens({ before, after }: Change<'Environment'>, tenant: TenantState): boolean {
  if (before === undefined || !needsApproval(tenant, before.ref.name)) return false;
  return JSON.stringify(before.object.spec.approval ?? null) !== JSON.stringify(after?.object.spec.approval ?? null);
}

function lifts({ before, after }: Change<'Settings'>): boolean {
  return before?.object.spec.policies?.requireApprovalForProd === true && after?.object.spec.policies?.requireApprovalForProd !== true;
}

const pointers: Readonly<Record<string, string>> = { AppDeployment: '/spec/release', Environment: '/spec/approval', Settings: '/spec/policies' };

function refuse(change: Change, what: string): Problem {
  const message = `${what}. Make a change request of it: the same write with \`?request=true\`, or \`--request\` for the CLI.`;
  if (change.after === undefined) return problemOfMissing(change.path, 'approval_required', message);
  return problemAt(change.after, pointers[change.kind] ?? '', 'approval_required', message);
}
