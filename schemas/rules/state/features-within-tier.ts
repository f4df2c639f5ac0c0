import { problemAt, type StateRule } from '../rule.ts';

/** Custom roles and single sign-on exist only where tier and licence have them. */
export const featuresWithinTier: StateRule = {
  codes: ['custom_roles_not_entitled', 'sso_not_entitled'],
  * check({ tenant, limits }) {
    if (limits === undefined) return;
    for (const role of limits.features.customRoles ? [] : tenant.roles.values()) {
      yield problemAt(role, '', 'custom_roles_not_entitled', `The tier \`${limits.tier}\` or the licence has no custom roles. Remove the file and bind a built-in role, or choose a higher tier.`);
    }
    for (const sso of limits.features.sso ? [] : tenant.sso.values()) {
      yield problemAt(sso, '', 'sso_not_entitled', `The tier \`${limits.tier}\` or the licence has no single sign-on. Remove the file, or choose a higher tier.`);
    }
  },
};
