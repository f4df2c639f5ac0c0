import type { Intent } from '../../engine/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { findDeployment, type Place } from '../find.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { deploymentRef, subject } from './deploy.ts';
import { timestamp } from './release.ts';

/** Rolls the pods without changing anything else. Errors: `not_found`, `not_deployed`. */
export function restart(stores: Stores, caller: Caller, place: Place, options: WriteOptions = {}): Promise<Outcome> {
  const at = timestamp(stores.now());
  const intent: Intent = {
    change: changeBy(caller, { action: 'app.restart', subject: subject('Restart', place), ...place }),
    apply: async (draft) => {
      const tenant = await draft.tenant(place.tenant);
      if (tenant === undefined) throw new WorkflowError('not_found', `There is no tenant ${place.tenant}.`);
      findDeployment(tenant, place);
      await draft.edit(deploymentRef(place), (document) => document.setIn(['spec', 'restartedAt'], at));
    },
  };
  return write(stores, caller, intent, options);
}
