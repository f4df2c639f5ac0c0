/** `acme`, or `acme/orders`. */
export interface Target {
  readonly tenant: string;
  readonly application?: string;
}

export interface ApplicationTarget {
  readonly tenant: string;
  readonly application: string;
}

const name = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*$/;

/** Reads `tenant` or `tenant/application`; the sentence says what is wrong with it, for the parser to show. */
export function parseTarget(text: string): Target | string {
  const parts = text.split('/');
  const [tenant = '', application] = parts;
  if (parts.length > 2 || !name.test(tenant) || (application !== undefined && !name.test(application))) {
    return `'${text}' is not TENANT or TENANT/APPLICATION, such as acme/orders.`;
  }
  return application === undefined ? { tenant } : { tenant, application };
}

/** Reads `tenant/application`. */
export function parseApplicationTarget(text: string): ApplicationTarget | string {
  const target = parseTarget(text);
  if (typeof target === 'string') return target;
  const { tenant, application } = target;
  return application === undefined ? `'${text}' names a tenant only: write TENANT/APPLICATION, such as ${tenant}/orders.` : { tenant, application };
}
