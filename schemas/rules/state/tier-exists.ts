import { didYouMean } from '../../nearest.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** Everything that a tenant may have comes from its tier. */
export const tierExists: StateRule = {
  codes: ['tier_unknown'],
  * check({ platform, tenant: { tenant } }) {
    if (tenant === undefined || platform.tiers.has(tenant.object.spec.tier)) return;
    const { tier } = tenant.object.spec;
    yield problemAt(tenant, '/spec/tier', 'tier_unknown', `There is no tier \`${tier}\`.${didYouMean(tier, platform.tiers.keys())} Name one of: ${[...platform.tiers.keys()].join(', ')}.`);
  },
};
