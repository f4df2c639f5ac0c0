import { problemAt, type StateRule } from '../rule.ts';

const reserved = new Set(['platform', 'system', 'cameleer']);

/** Some names would read as the platform itself in namespaces, addresses and logs. */
export const tenantName: StateRule = {
  codes: ['tenant_name_reserved'],
  * check({ tenant }) {
    if (tenant.tenant !== undefined && reserved.has(tenant.id)) {
      yield problemAt(tenant.tenant, '/metadata/name', 'tenant_name_reserved', `\`${tenant.id}\` is a name of the platform's own. Choose another id.`);
    }
  },
};
