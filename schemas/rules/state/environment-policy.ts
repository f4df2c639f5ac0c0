import { problemAt, type StateRule } from '../rule.ts';

/** A policy that can't be met as written is an error, not a policy. */
export const environmentPolicy: StateRule = {
  codes: ['freeze_dates', 'approvers_missing'],
  * check({ tenant }) {
    for (const { environment } of tenant.environments.values()) {
      const { approval, freezes = [] } = environment.object.spec;
      if (approval?.required === true && approval.approvers === undefined) {
        yield problemAt(environment, '/spec/approval', 'approvers_missing', 'Approval is required, but nobody is named who could give it. Add approvers: {roles, count}.');
      }
      for (const [index, freeze] of freezes.entries()) {
        if (freeze.from >= freeze.until) yield problemAt(environment, `/spec/freezes/${index}/until`, 'freeze_dates', 'The window ends before it begins. Correct `from` or `until`.');
      }
    }
  },
};
