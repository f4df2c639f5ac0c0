import type { Assessment } from '../../engine/index.ts';
import type { ChangeApproval } from '../../ledger/index.ts';
import { formatProblem, limitCodes } from '../../schemas/index.ts';
import { approversOf, approversUnder, type Approvable } from './policy.ts';
import type { Check } from './request.ts';

const afterConflicts = 'It is known once the request can be made on the head.';

/** Every check of a request, in the order in which people mend them. */
export function checksOf(assessment: Assessment, author: string, approvals: readonly ChangeApproval[]): readonly Check[] {
  return [upToDate(assessment), ...ofRules(assessment), authorised(assessment), ...ofPolicies(assessment, author, approvals)];
}

function upToDate({ conflicts, considered, commentsLeft, proposal, head }: Assessment): Check {
  const name = 'up_to_date';
  if (conflicts.length > 0) return { name, state: 'failed', reason: `Others have changed the same fields since: ${conflicts.map(({ path, fields }) => `${path} ${fields.map(({ pointer }) => pointer || 'whole').join(', ')}`).join('; ')}.` };
  if (considered === undefined) return { name, state: 'failed', reason: 'main says already all that it asks for. Close it.' };
  const left = commentsLeft.length === 0 ? '' : ` Comments and layout that it changes in ${commentsLeft.join(', ')} are left out, because others changed the file.`;
  return { name, state: 'passed', reason: `${proposal.base === head ? 'It stands on the head of main.' : 'main has moved since; the change can be made on its head, field by field.'}${left}` };
}

function ofRules({ conflicts, considered, problems, openings }: Assessment): readonly Check[] {
  if (conflicts.length > 0 || considered === undefined) return (['valid', 'within_limits', 'isolated'] as const).map((name) => ({ name, state: 'pending', reason: afterConflicts }));
  const limits = problems.filter(({ code }) => limitCodes.has(code));
  const others = problems.filter(({ code }) => !limitCodes.has(code));
  const isolated: Check = openings === undefined
    ? { name: 'isolated', state: 'pending', reason: 'The proof runs on what is rendered, which takes a valid state.' }
    : verdict('isolated', openings.map(({ message }) => message), 'No path between tenants opens.');
  return [
    verdict('valid', others.map(formatProblem), 'All rules hold.'),
    verdict('within_limits', limits.map(formatProblem), 'It stays within the tier and the licence.'),
    isolated,
  ];
}

function verdict(name: Check['name'], wrong: readonly string[], fine: string): Check {
  return wrong.length === 0 ? { name, state: 'passed', reason: fine } : { name, state: 'failed', reason: wrong.join(' ') };
}

function authorised({ conflicts, refusal }: Assessment): Check {
  if (conflicts.length > 0) return { name: 'authorised', state: 'pending', reason: afterConflicts };
  return refusal === undefined ? { name: 'authorised', state: 'passed', reason: 'Its author may make the change.' } : { name: 'authorised', state: 'failed', reason: refusal };
}

function ofPolicies({ considered }: Assessment, author: string, approvals: readonly ChangeApproval[]): readonly Check[] {
  if (considered === undefined) return [{ name: 'approved', state: 'pending', reason: afterConflicts }];
  if (considered.policies.length === 0) return [{ name: 'approved', state: 'passed', reason: 'Nothing that it touches asks for approval.' }];
  const approvers = approversOf(considered, author, approvals);
  return considered.policies.map((policy) => {
    const { tenant, environment, count, roles, because } = policy;
    const found = approversUnder(considered, policy, approvers);
    const who = roles === undefined ? 'who may approve there' : `with the role ${roles.join(' or ')}`;
    const reason = `${found.length} of ${count} approvals by people ${who}, its author not counted${found.length === 0 ? '' : `: ${found.join(', ')}`}.`;
    return { name: 'approved', state: found.length < count ? 'pending' : 'passed', reason, tenant, environment, because };
  });
}

/** Policies that are not met yet, for the error of a merge. */
export function unmetPolicies(about: Approvable, approvers: readonly string[]): readonly string[] {
  return about.policies.flatMap((policy) => {
    const found = approversUnder(about, policy, approvers).length;
    return found < policy.count ? [`${policy.tenant}/${policy.environment} has ${found} of ${policy.count} approvals`] : [];
  });
}
