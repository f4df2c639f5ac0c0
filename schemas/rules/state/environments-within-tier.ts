import { exceeds } from '../../limits.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** As many environments, and with such names, as tier and licence allow; each with an order of its own, or "the next environment" would be ambiguous. */
export const environmentsWithinTier: StateRule = {
  codes: ['environments_over_limit', 'environment_name_not_in_tier', 'environment_order_taken'],
  * check({ tenant, limits }) {
    const orders = new Map<number, string>();
    let count = 0;
    for (const { name, environment } of tenant.environments.values()) {
      count += 1;
      const { order } = environment.object.spec;
      const other = orders.get(order);
      if (other === undefined) orders.set(order, name);
      else yield problemAt(environment, '/spec/order', 'environment_order_taken', `\`${other}\` has the order ${order} too. Give each environment an order of its own: it decides which comes next in a promotion.`);
      if (limits === undefined) continue;
      const { max, custom, defaults } = limits.environments;
      if (exceeds(count, max)) {
        yield problemAt(environment, '', 'environments_over_limit', `This is environment ${count}, and ${max} are allowed by tier \`${limits.tier}\` and licence. Remove one, or choose a higher tier.`);
      } else if (!custom && !defaults.includes(name)) {
        yield problemAt(environment, '/metadata/name', 'environment_name_not_in_tier', `The tier \`${limits.tier}\` has the environments ${defaults.join(', ')} only. Use one of these, or choose a tier with environments of your own.`);
      }
    }
  },
};
