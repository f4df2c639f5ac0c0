import { decide, type Subject } from '../../access/index.ts';
import type { PastState } from '../../engine/index.ts';
import type { ApplicationState, EnvironmentState } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { environmentsInOrder, findTenant, type Place } from '../find.ts';
import { noticesOf, type Notice } from './notices.ts';
import { status, type Status } from './status.ts';

export interface TenantSummary {
  readonly tenant: string;
  readonly displayName: string;
  readonly tier: string | undefined;
  readonly lifecycle: string | undefined;
  readonly quarantined: boolean;
  readonly environments: readonly { readonly name: string; readonly order: number }[];
  readonly applications: readonly {
    readonly name: string;
    readonly releases: number;
    readonly deployments: readonly { readonly environment: string; readonly release: string; readonly replicas: number; readonly health: string; readonly reason: string; readonly hold?: Status['desired']['hold'] }[];
  }[];
  readonly notices: readonly Notice[];
}

/**
 * One tenant at a glance, with the applications and deployments that the subject may read. As of the past nobody knows how
 * they did, and the roles that count are those of now. Errors: `not_found`.
 */
export async function summary(stores: Stores, subject: Subject, id: string, past?: PastState): Promise<TenantSummary> {
  const now = await findTenant(stores, id);
  const tenant = past === undefined ? now : await findTenant({ engine: past }, id);
  const platform = stores.engine.platform();
  const mayRead = ({ application }: ApplicationState, environment?: string) =>
    decide(platform, now, { subject, tenant: id, action: 'apps.read', ...defined({ environment, team: application.object.spec.team }) }).allowed;
  const environments = environmentsInOrder(tenant);
  const applications = await Promise.all(
    [...tenant.applications.values()].filter((each) => mayRead(each)).map(async (application) => ({
      name: application.name,
      releases: application.releases.size,
      deployments: await Promise.all(
        environments
          .filter((environment) => environment.deployments.has(application.name) && mayRead(application, environment.name))
          .map(async (environment) => (past === undefined ? deploymentAt(stores, { tenant: id, environment: environment.name, application: application.name }, subject) : deploymentThen(environment, application.name))),
      ),
    })),
  );
  return {
    tenant: id,
    displayName: tenant.settings?.object.spec.displayName ?? id,
    tier: tenant.tenant?.object.spec.tier,
    lifecycle: tenant.tenant?.object.spec.lifecycle,
    quarantined: (past?.quarantines ?? stores.engine.head().quarantines).has(id),
    environments: environments.map(({ name, environment }) => ({ name, order: environment.object.spec.order })),
    applications,
    notices: past === undefined ? noticesOf(stores, tenant, subject) : [],
  };
}

type Deployment = TenantSummary['applications'][number]['deployments'][number];

function deploymentThen({ name, deployments, holds }: EnvironmentState, application: string): Deployment {
  const spec = deployments.get(application)?.object.spec;
  const hold = holds.get(application)?.object.spec;
  return { environment: name, release: spec?.release ?? '', replicas: spec?.replicas ?? 1, health: 'unknown', reason: 'in_the_past', ...(hold === undefined ? {} : { hold }) };
}

async function deploymentAt(stores: Stores, place: Place, reader: Subject): Promise<Deployment> {
  const { desired, observed } = await status(stores, place, reader);
  return { environment: place.environment, release: desired.release, replicas: desired.replicas, health: observed.health, reason: observed.reason, ...defined({ hold: desired.hold }) };
}
