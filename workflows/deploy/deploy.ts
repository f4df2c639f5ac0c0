import { stringify } from 'yaml';
import type { Draft, Intent, Precondition } from '../../engine/index.ts';
import { pathOfRef, type AppDeployment, type ObjectRef } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { findApplication, findEnvironment, type Place } from '../find.ts';
import { mergePatch } from '../objects/merge-patch.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { refuseHeld } from '../holds/held.ts';

export interface DeployRequest extends WriteOptions {
  readonly place: Place;
  readonly release: string;
  /** Further fields of the AppDeployment's spec, merged into what stands there. */
  readonly settings?: Partial<AppDeployment['spec']>;
  readonly preconditions?: readonly Precondition[];
}

/** Makes an environment run a release; creates the AppDeployment at the first time. Errors: `not_found`, `release_not_found`, `held`. */
export function deploy(stores: Stores, caller: Caller, request: DeployRequest): Promise<Outcome> {
  const { place, release } = request;
  const intent: Intent = {
    change: changeBy(caller, { action: 'app.deploy', subject: subject('Deploy', place, release), ...place }),
    ...(request.preconditions === undefined ? {} : { preconditions: request.preconditions }),
    apply: (draft) => setRelease(draft, place, { release, ...request.settings }, { now: stores.now(), asRequest: request.asRequest === true }),
  };
  return write(stores, caller, intent, request);
}

/** The edit that deployments and promotions share. A change request may wait for the end of a hold. */
export async function setRelease(draft: Draft, place: Place, spec: Partial<AppDeployment['spec']> & { release: string }, { now, asRequest }: { readonly now: Date; readonly asRequest: boolean }): Promise<void> {
  const tenant = await draft.tenant(place.tenant);
  if (tenant === undefined) throw new WorkflowError('not_found', `There is no tenant ${place.tenant}.`);
  const application = findApplication(tenant, place.application);
  const environment = findEnvironment(tenant, place.environment);
  if (!application.releases.has(spec.release)) {
    const known = [...application.releases.keys()].slice(-5).join(', ') || 'none yet';
    throw new WorkflowError('release_not_found', `${place.tenant}/${place.application} has no release ${spec.release}; it has: ${known}. Upload the JAR first.`);
  }
  if (!asRequest) refuseHeld(place.tenant, environment, { application: place.application, release: spec.release }, now);
  const ref = deploymentRef(place);
  if (environment.deployments.has(place.application)) await draft.edit(ref, (document) => mergePatch(document, { spec }));
  else draft.put(pathOfRef(ref), stringify({ apiVersion: 'cameleer.io/v1', kind: 'AppDeployment', metadata: { name: place.application }, spec }, { lineWidth: 0 }));
}

export function deploymentRef(place: Place): ObjectRef<'AppDeployment'> {
  return { kind: 'AppDeployment', tenant: place.tenant, environment: place.environment, name: place.application };
}

/** `Deploy acme/orders v3 to dev`, at most 72 characters. */
export function subject(verb: string, place: Place, release?: string): string {
  const what = [`${place.tenant}/${place.application}`, release].filter((part) => part !== undefined).join(' ');
  return `${verb} ${what} ${release === undefined ? 'in' : 'to'} ${place.environment}`.slice(0, 72);
}
