import { problemOfMissing, type TransitionRule } from '../rule.ts';

/** An environment or an application goes after its deployments are gone, in a change of its own: deleting a folder must not stop what runs by the way. */
export const removalInSteps: TransitionRule = {
  codes: ['environment_in_use', 'application_in_use'],
  * check({ tenant: { before, after } }) {
    if (before === undefined || after === undefined || before.tenant?.object.spec.lifecycle === 'deleting') return;
    for (const { name, environment, deployments } of before.environments.values()) {
      if (after.environments.has(name) || deployments.size === 0) continue;
      yield problemOfMissing(environment.path, 'environment_in_use', `${[...deployments.keys()].join(', ')} still run${deployments.size === 1 ? 's' : ''} in \`${name}\`. Remove the deployments first, then the environment.`);
    }
    for (const { name, application } of before.applications.values()) {
      if (after.applications.has(name)) continue;
      const users = [...before.environments.values()].filter((each) => each.deployments.has(name)).map((each) => each.name);
      if (users.length > 0) yield problemOfMissing(application.path, 'application_in_use', `\`${name}\` still runs in ${users.join(', ')}. Remove its deployments first, then the application.`);
    }
  },
};
