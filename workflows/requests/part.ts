import type { Assessment, Engine, ObjectConflict } from '../../engine/index.ts';
import { isOperator } from '../../access/index.ts';
import type { ChangeApproval } from '../../ledger/index.ts';
import { tenantOfPath } from '../../schemas/index.ts';
import { checksOf } from './checks.ts';
import type { Approvable } from './policy.ts';
import type { Check } from './request.ts';

/** What of a request somebody may see: all of it, or only what concerns some tenants. */
export type Sight = 'whole' | readonly string[];

/** The title that people see of whose tenant a request changes a part: the author's own words may be about anybody. */
export const neutralTitle = 'Change that concerns more than this tenant';

const elsewhere = 'What stands in its way is not of your part alone; operators see what it is.';

export function conflictsIn(sight: Sight, conflicts: readonly ObjectConflict[]): readonly ObjectConflict[] {
  return sight === 'whole' ? conflicts : conflicts.filter(({ path }) => isIn(sight, path));
}

/** The policies of those tenants, and who stands in them; the plan is of their part, its hash is of the whole. */
export function approvableIn(sight: Sight, { considered, part }: Pick<Assessment, 'considered' | 'part'>): Assessment['considered'] {
  if (sight === 'whole' || considered === undefined) return considered;
  const { before, policies, files, plan } = considered;
  return {
    ...considered,
    files: files.filter(({ path }) => isIn(sight, path)),
    before: { ...before, tenants: new Map([...before.tenants].filter(([id]) => sight.includes(id))) },
    policies: policies.filter(({ tenant }) => sight.includes(tenant)),
    plan: { ...(part ?? plan), hash: plan.hash },
  };
}

/** Every check as it stands for the whole request, with reasons that are of the part alone. */
export function checksIn(sight: Sight, assessment: Assessment, about: { readonly author: string; readonly approvals: readonly ChangeApproval[] }): readonly Check[] {
  const whole = checksOf(assessment, about.author, about.approvals);
  if (sight === 'whole') return whole;
  const conflicts = conflictsIn(sight, assessment.conflicts);
  const hidden = assessment.conflicts.length > conflicts.length && conflicts.length === 0;
  const mine = checksOf({
    ...assessment, conflicts,
    considered: approvableIn(sight, assessment),
    commentsLeft: assessment.commentsLeft.filter((path) => isIn(sight, path)),
    problems: assessment.problems.filter(({ path }) => isIn(sight, path)),
    openings: assessment.openings && [],
    refusal: undefined,
  }, about.author, about.approvals);
  const others = whole.filter(({ name }) => name !== 'approved').map((check) => {
    const seen = mine.find(({ name }) => name === check.name);
    return seen?.state === check.state && !(hidden && check.name === 'up_to_date') ? seen : { name: check.name, state: check.state, reason: elsewhere };
  });
  const waits = whole.some(({ name, state, tenant }) => name === 'approved' && state !== 'passed' && tenant !== undefined && !sight.includes(tenant));
  return [...others, ...mine.filter(({ name }) => name === 'approved'), ...(waits ? [{ name: 'approved', state: 'pending', reason: 'People of other tenants have to agree to their parts.' } as const] : [])];
}

/** Those of members of the tenants, and of operators. */
export async function approvalsIn(sight: Sight, engine: Pick<Engine, 'platform' | 'tenant'>, approvals: readonly ChangeApproval[]): Promise<readonly ChangeApproval[]> {
  if (sight === 'whole') return approvals;
  const states = await Promise.all(sight.map((id) => engine.tenant(id)));
  const platform = engine.platform();
  return approvals.filter(({ person }) => isOperator(platform, { kind: 'person', id: person }) || states.some((state) => state?.members.has(person) === true));
}

/** Why an approval does not count, in words about the part; `why`: the same of the whole. */
export function reasonIn(sight: Sight, why: string, ofPart: (about: Approvable) => string | undefined, about: Approvable | undefined): string {
  if (sight === 'whole') return why;
  return (about && ofPart(about)) ?? 'Nothing of your part asks for it.';
}

function isIn(tenants: readonly string[], path: string): boolean {
  const tenant = tenantOfPath(path);
  return tenant !== undefined && tenants.includes(tenant);
}
