import { exceeds } from '../../limits.ts';
import { problemAt, type PlatformRule } from '../rule.ts';

/** A tier allows at least the environments that it starts with. */
export const tierConsistent: PlatformRule = {
  codes: ['tier_defaults_over_max'],
  * check({ tiers }) {
    for (const tier of tiers.values()) {
      const { max, defaults } = tier.object.spec.environments;
      if (exceeds(defaults.length, max)) yield problemAt(tier, '/spec/environments/defaults', 'tier_defaults_over_max', `The tier starts with ${defaults.length} environments and allows ${max}. Raise max, or remove defaults.`);
    }
  },
};
