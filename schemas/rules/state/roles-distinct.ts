import { checkScope } from './check-scope.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** A custom role can't take the name of a built-in one, and speaks of environments that exist. */
export const rolesDistinct: StateRule = {
  codes: ['role_name_taken', 'environment_unknown'],
  * check({ platform, tenant }) {
    for (const [name, role] of tenant.roles) {
      if (platform.roles.has(name)) yield problemAt(role, '/metadata/name', 'role_name_taken', `\`${name}\` is a built-in role, and a binding could mean either. Choose another name.`);
      for (const [index, permission] of role.object.spec.permissions.entries()) {
        yield* checkScope(tenant, role, permission.environments, `/spec/permissions/${index}/environments`);
      }
    }
  },
};
