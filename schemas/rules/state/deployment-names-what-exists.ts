import { didYouMean } from '../../nearest.ts';
import type { Problem } from '../../problem.ts';
import type { EnvironmentState, Loaded, TenantState } from '../../state.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** A deployment runs an application and a release that exist, with secrets of its own environment and keys that they have. */
export const deploymentNamesWhatExists: StateRule = {
  codes: ['application_unknown', 'release_unknown', 'secret_unknown', 'secret_of_another_environment', 'secret_key_unknown'],
  * check({ tenant }) {
    for (const environment of tenant.environments.values()) {
      for (const deployment of environment.deployments.values()) {
        yield* checkRelease(tenant, deployment);
        yield* checkSecrets(tenant, environment, deployment);
      }
    }
  },
};

function* checkRelease(tenant: TenantState, deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  const application = tenant.applications.get(deployment.ref.name);
  const { release } = deployment.object.spec;
  if (application === undefined) {
    yield problemAt(deployment, '/metadata/name', 'application_unknown', `There is no application \`${deployment.ref.name}\`.${didYouMean(deployment.ref.name, tenant.applications.keys())} Add apps/${deployment.ref.name}/app.yaml, or remove this deployment.`);
  } else if (!application.releases.has(release)) {
    yield problemAt(deployment, '/spec/release', 'release_unknown', `The application \`${application.name}\` has no release \`${release}\`. ${known(application.releases.keys())}`);
  }
}

function known(releases: Iterable<string>): string {
  const names = [...releases];
  return names.length === 0 ? 'Upload a JAR first.' : `Name one of: ${names.slice(-10).join(', ')}.`;
}

function* checkSecrets(tenant: TenantState, environment: EnvironmentState, deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  for (const [index, binding] of (deployment.object.spec.secrets ?? []).entries()) {
    const pointer = `/spec/secrets/${index}`;
    const secret = environment.secrets.get(binding.secret);
    if (secret === undefined) {
      yield missing(tenant, environment, deployment, { name: binding.secret, pointer: `${pointer}/secret` });
      continue;
    }
    const keys = Object.keys(secret.object.stringData);
    for (const [variable, key] of Object.entries(binding.env ?? {})) {
      if (!keys.includes(key)) yield problemAt(deployment, `${pointer}/env/${variable}`, 'secret_key_unknown', `The secret \`${binding.secret}\` has no key \`${key}\`.${didYouMean(key, keys)} Name one of: ${keys.join(', ')}.`);
    }
  }
}

function missing(tenant: TenantState, environment: EnvironmentState, deployment: Loaded<'AppDeployment'>, { name, pointer }: { name: string; pointer: string }): Problem {
  const other = [...tenant.environments.values()].find((each) => each.secrets.has(name));
  if (other !== undefined) {
    return problemAt(deployment, pointer, 'secret_of_another_environment', `The secret \`${name}\` belongs to the environment \`${other.name}\`, and secrets never leave theirs. Write one of that name in \`${environment.name}\`.`);
  }
  return problemAt(deployment, pointer, 'secret_unknown', `The environment \`${environment.name}\` has no secret \`${name}\`.${didYouMean(name, environment.secrets.keys())} Write it first, or remove the binding.`);
}
