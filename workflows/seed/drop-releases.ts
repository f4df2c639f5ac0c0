import type { EnvironmentState, TenantState } from '../../schemas/index.ts';
import type { SeedDraft } from './seed-draft.ts';

/**
 * Drops the Releases whose image is not there, then what would hang in the air without them: deployments of those releases,
 * and the holds and ingresses of applications that are not deployed any more.
 */
export function dropReleases(draft: SeedDraft, images: ReadonlySet<string>): void {
  for (const tenant of draft.example.tenants.values()) {
    const kept = keptReleases(draft, tenant, images);
    for (const environment of tenant.environments.values()) dropDeployments(draft, environment, kept);
  }
}

/** `<application>/<release>` of those that stay. */
function keptReleases(draft: SeedDraft, tenant: TenantState, images: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const [application, { releases }] of tenant.applications) {
    for (const [name, { path, object }] of releases) {
      if (images.has(object.spec.image.digest)) kept.add(`${application}/${name}`);
      else draft.files.delete(path);
    }
  }
  return kept;
}

function dropDeployments(draft: SeedDraft, { deployments, holds, ingresses }: EnvironmentState, kept: ReadonlySet<string>): void {
  const running = new Set<string>();
  for (const [application, { path, object }] of deployments) {
    if (kept.has(`${application}/${object.spec.release}`)) running.add(application);
    else draft.files.delete(path);
  }
  for (const [application, { path }] of holds) if (!running.has(application)) draft.files.delete(path);
  for (const { path, object } of ingresses.values()) if (!running.has(object.spec.application)) draft.files.delete(path);
}
