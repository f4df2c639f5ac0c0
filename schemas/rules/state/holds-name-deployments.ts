import { didYouMean } from '../../nearest.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** A hold pins something that is there. */
export const holdsNameDeployments: StateRule = {
  codes: ['deployment_unknown'],
  * check({ tenant }) {
    for (const { name, holds, deployments } of tenant.environments.values()) {
      for (const [application, hold] of holds) {
        if (deployments.has(application)) continue;
        yield problemAt(hold, '/metadata/name', 'deployment_unknown', `\`${application}\` is not deployed in \`${name}\`.${didYouMean(application, deployments.keys())} Remove the hold, or name a deployed application.`);
      }
    }
  },
};
