import { didYouMean } from '../../nearest.ts';
import type { Problem } from '../../problem.ts';
import type { Loaded, TenantState } from '../../state.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** An ingress leads to a declared port of an application, and host and path lead to one place. Hosts of other tenants are a claim's matter. */
export const ingressesLeadSomewhere: StateRule = {
  codes: ['application_unknown', 'port_unknown', 'ingress_repeated'],
  * check({ tenant }) {
    const seen = new Map<string, Loaded<'Ingress'>>();
    for (const { ingresses } of tenant.environments.values()) {
      for (const ingress of ingresses.values()) {
        yield* checkTarget(tenant, ingress);
        const { host, path } = ingress.object.spec;
        const key = `${host}${path.length > 1 ? path.replace(/\/+$/, '') : path}`;
        const other = seen.get(key);
        if (other === undefined) seen.set(key, ingress);
        else yield problemAt(ingress, '/spec/host', 'ingress_repeated', `${other.path} has the same host and path. Change one of them.`);
      }
    }
  },
};

function* checkTarget(tenant: TenantState, ingress: Loaded<'Ingress'>): Iterable<Problem> {
  const { application: name, port } = ingress.object.spec;
  const application = tenant.applications.get(name)?.application;
  if (application === undefined) {
    yield problemAt(ingress, '/spec/application', 'application_unknown', `There is no application \`${name}\`.${didYouMean(name, tenant.applications.keys())} Name one that exists.`);
    return;
  }
  const ports = (application.object.spec.ports ?? []).map((each) => each.name);
  if (!ports.includes(port)) yield problemAt(ingress, '/spec/port', 'port_unknown', `The application \`${name}\` has no port \`${port}\`.${didYouMean(port, ports)} Name one of its spec.ports.`);
}
