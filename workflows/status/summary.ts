import type { Stores } from '../context.ts';
import { environmentsInOrder, findTenant } from '../find.ts';
import { noticesOf, status, type Notice } from './status.ts';

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
    readonly deployments: readonly { readonly environment: string; readonly release: string; readonly replicas: number; readonly health: string; readonly reason: string }[];
  }[];
  readonly notices: readonly Notice[];
}

/** One tenant at a glance. Errors: `not_found`. */
export async function summary(stores: Stores, id: string): Promise<TenantSummary> {
  const tenant = await findTenant(stores, id);
  const environments = environmentsInOrder(tenant);
  const applications = await Promise.all(
    [...tenant.applications.values()].map(async ({ name, releases }) => ({
      name,
      releases: releases.size,
      deployments: await Promise.all(
        environments.filter((environment) => environment.deployments.has(name)).map(async (environment) => {
          const { desired, observed } = await status(stores, { tenant: id, environment: environment.name, application: name });
          return { environment: environment.name, release: desired.release, replicas: desired.replicas, health: observed.health, reason: observed.reason };
        }),
      ),
    })),
  );
  return {
    tenant: id,
    displayName: tenant.settings?.object.spec.displayName ?? id,
    tier: tenant.tenant?.object.spec.tier,
    lifecycle: tenant.tenant?.object.spec.lifecycle,
    quarantined: stores.engine.head().quarantines.has(id),
    environments: environments.map(({ name, environment }) => ({ name, order: environment.object.spec.order })),
    applications,
    notices: noticesOf(stores, tenant),
  };
}
