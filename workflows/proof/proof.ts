import type { Subject } from '../../access/index.ts';
import type { Stores } from '../context.ts';
import { deploymentRef } from '../deploy/deploy.ts';
import { cellOf, findApplication, findDeployment, findTenant, type Place } from '../find.ts';
import { heldNotices } from '../holds/held.ts';
import { observe } from '../status/observe.ts';
import { tenantReader } from '../tenant-reader.ts';
import { noticesOf, type Notice } from '../status/notices.ts';
import { desiredOf } from '../status/status.ts';
import { appliedRevision } from './applied-revision.ts';
import { imageDigest, jarSha256 } from './image.ts';
import { absent, type Evidence, type Judge, type Link } from './link.ts';
import { readyPods } from './ready-pods.ts';
import { releaseSignature } from './release-signature.ts';
import { renderedCommit } from './rendered-commit.ts';
import { stateCommit } from './state-commit.ts';

/** The chain from the wish to the running pods, in order. */
export const chain: readonly Judge[] = [
  stateCommit,
  renderedCommit,
  releaseSignature,
  imageDigest,
  () => absent('image signature'),
  () => absent('SBOM'),
  jarSha256,
  appliedRevision,
  readyPods,
];

/** "Is my version live, and why?" */
export interface Proof extends Place {
  readonly release: string;
  /** No link is missing, and something is meant to run. */
  readonly live: boolean;
  readonly links: readonly Link[];
  readonly notices: readonly Notice[];
}

/** `reader`: whose notices it bears. Errors: `not_found`, `not_deployed`. */
export async function proof(stores: Stores, place: Place, reader: Subject): Promise<Proof> {
  const tenant = await findTenant(stores, place.tenant);
  const desired = desiredOf(tenant, place);
  const releaseName = findDeployment(tenant, place).spec.release;
  const cell = cellOf(tenant, place.environment) ?? '';
  const driver = stores.driver(cell);
  const evidence: Evidence = {
    stores, place, tenant, cell, desired, releaseName,
    release: findApplication(tenant, place.application).releases.get(releaseName)?.object,
    change: await stores.engine.lastChange(deploymentRef(place), tenantReader(stores, reader, place.tenant)),
    rendered: await stores.engine.cell(cell),
    observed: driver === undefined ? undefined : observe(driver, place),
  };
  const links: Link[] = [];
  for (const judge of chain) links.push(await judge(evidence));
  return { ...place, release: releaseName, live: links.every((link) => link.state !== 'missing'), links, notices: [...heldNotices(tenant, place, stores.now()), ...noticesOf(stores, tenant, reader)] };
}
