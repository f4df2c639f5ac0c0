import type { KubernetesObject } from '../../cluster/driver.ts';
import type { Subject } from '../../access/index.ts';
import type { EnvironmentState, TenantState } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { cellOf, findDeployment, findEnvironment, findTenant, type Place } from '../find.ts';
import { healthOf, type Desired, type Health } from './health.ts';
import { containerOf, isReady, isTerminating, releaseOf, statusOf, type ContainerStatus } from './kubernetes.ts';
import { activeHold } from '../holds/held.ts';
import { notEnforced } from './not-enforced.ts';
import { noticesOf, type Notice } from './notices.ts';
import { observe, type Observed } from './observe.ts';
import { unwatched } from './unwatched.ts';

export interface PodStatus {
  readonly name: string;
  /** Kubernetes' phase, or `Terminating` while it is being stopped; such a pod counts for nothing in the health. */
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly release?: string;
  readonly startedAt?: string;
  /** Why it waits, or why it last ended. */
  readonly message?: string;
}

/** Desired beside observed, for one application in one environment. */
export interface Status extends Place {
  readonly desired: {
    readonly release: string;
    readonly replicas: number;
    readonly stopped: boolean;
    readonly hold?: { readonly reason: string; readonly by: string; readonly until?: string };
  };
  readonly observed: Health & { readonly readyReplicas: number; readonly pods: readonly PodStatus[] };
  /** Where it answers from this machine; empty unless the cell's driver gives addresses. */
  readonly addresses: readonly { readonly name: string; readonly port: number; readonly url: string }[];
  /** Kinds that are rendered for this environment and that its driver does not enforce. */
  readonly notEnforced: readonly string[];
  readonly notices: readonly Notice[];
}

/** `reader`: whose notices it bears. Errors: `not_found`, `not_deployed`. */
export async function status(stores: Stores, place: Place, reader: Subject): Promise<Status> {
  const tenant = await findTenant(stores, place.tenant);
  const deployment = findDeployment(tenant, place);
  const environment = findEnvironment(tenant, place.environment);
  const desired = desiredOf(tenant, place);
  const cell = cellOf(tenant, place.environment) ?? '';
  const driver = stores.driver(cell);
  const observed = driver === undefined ? undefined : observe(driver, place);
  const failure = stores.applyFailure(cell);
  return {
    ...place,
    desired: { release: deployment.spec.release, replicas: desired.replicas, stopped: desired.stopped, ...holdOf(environment, place.application, stores.now()) },
    observed: observed === undefined ? notWatched(unwatched(stores, cell)) : { ...judged(desired, observed, failure), readyReplicas: observed.pods.filter(isReady).length, pods: observed.pods.map(podOf) },
    addresses: observed === undefined ? [] : addressesOf(observed.service),
    notEnforced: driver === undefined ? [] : await notEnforced(stores, { place, cell, kinds: driver.notEnforced }),
    notices: noticesOf(stores, tenant, reader),
  };
}

export function desiredOf(tenant: TenantState, place: Place): Desired {
  const { spec } = findDeployment(tenant, place);
  const defaults = tenant.applications.get(place.application)?.application.object.spec.defaults;
  return {
    release: spec.release,
    replicas: spec.replicas ?? defaults?.replicas ?? 1,
    stopped: spec.stopped ?? false,
    suspended: tenant.tenant?.object.spec.lifecycle !== 'active',
  };
}

function judged(desired: Desired, observed: Observed, failure: { message: string; since: string } | undefined): Health {
  const health = healthOf(desired, observed);
  if (failure === undefined) return health;
  return { health: 'stalled', reason: 'apply_failed', message: `The cell does not accept what was rendered: ${failure.message}`, since: failure.since };
}

function notWatched(message: string): Status['observed'] {
  return { health: 'unknown', reason: 'not_watched', message, readyReplicas: 0, pods: [] };
}

function holdOf(environment: EnvironmentState, application: string, now: Date): Pick<Status['desired'], 'hold'> {
  const spec = activeHold(environment, application, now);
  return spec === undefined ? {} : { hold: defined({ reason: spec.reason, by: spec.by, until: spec.until }) };
}

function podOf(pod: KubernetesObject): PodStatus {
  const container = containerOf(pod);
  return defined({
    name: pod.metadata.name,
    phase: isTerminating(pod) ? 'Terminating' : (statusOf(pod).phase ?? 'Unknown'),
    ready: isReady(pod),
    restarts: container?.restartCount ?? 0,
    release: releaseOf(pod),
    startedAt: container?.state?.running?.startedAt ?? statusOf(pod).startTime,
    message: messageOf(container),
  });
}

function messageOf(container: ContainerStatus | undefined): string | undefined {
  const waiting = container?.state?.waiting;
  if (waiting !== undefined) return waiting.message ?? waiting.reason;
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  return ended === undefined ? undefined : (ended.message ?? endOf(ended.exitCode, ended.reason, ended.finishedAt));
}

/** `ended with exit code 137 (Error) at 2026-…` */
export function endOf(exitCode: number | undefined, reason: string | undefined, finishedAt: string | undefined): string {
  const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
  return `ended${code}${reason === undefined ? '' : ` (${reason})`}${finishedAt === undefined ? '' : ` at ${finishedAt}`}`;
}

/** The runner lists its listeners in the order of the Service's ports. */
function addressesOf(service: KubernetesObject | undefined): Status['addresses'] {
  const listeners = service?.metadata.annotations?.['cameleer.io/local-address']?.split(',') ?? [];
  const ports = (service?.['spec'] as { ports?: readonly { name?: string; port: number }[] } | undefined)?.ports ?? [];
  return ports.flatMap((port, index) => {
    const listener = listeners[index];
    return listener === undefined || listener === '' ? [] : [{ name: port.name ?? String(port.port), port: port.port, url: `http://${listener}` }];
  });
}
