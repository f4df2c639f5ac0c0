import { problemOfMissing, type TransitionRule } from '../rule.ts';

/** A tenant that is suspended, being deleted, or without a licence in force can read and not write. What runs is not touched by this. */
export const tenantReadOnly: TransitionRule = {
  codes: ['tenant_not_active', 'license_expired', 'license_not_yet_valid'],
  * check({ by, tenant: { before }, changes, now }) {
    const path = changes[0]?.path;
    if (by !== 'tenant' || before?.tenant === undefined || path === undefined) return;
    const { lifecycle } = before.tenant.object.spec;
    if (lifecycle !== 'active') yield problemOfMissing(path, 'tenant_not_active', `The tenant is ${lifecycle === 'suspended' ? 'suspended' : 'being deleted'}, so nothing can be changed. Ask the platform's operators.`);
    const terms = before.license?.object.spec.terms;
    if (terms === undefined) return;
    if (Date.parse(terms.expires) <= now.getTime()) yield problemOfMissing(path, 'license_expired', `The licence ran out on ${terms.expires}; everything goes on running, but nothing can be changed. Renew the licence.`);
    else if (now.getTime() < Date.parse(terms.notBefore)) yield problemOfMissing(path, 'license_not_yet_valid', `The licence begins on ${terms.notBefore}. Until then nothing can be changed.`);
  },
};
