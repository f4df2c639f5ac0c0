import type { KubernetesObject } from '../../cluster/driver.ts';
import { healthOf } from '../status/health.ts';
import { conditionOf, containerOf, isReady, isTerminating, releaseOf } from '../status/kubernetes.ts';
import { asSentence } from '../status/sentence.ts';
import { endOf } from '../status/status.ts';
import { unwatched } from '../status/unwatched.ts';
import { missing, ok, type Judge } from './link.ts';

const name = 'ready pods';

/** Whether the pods that should run this release do, and when and why any of them restarted. */
export const readyPods: Judge = ({ desired, observed, cell, stores }) => {
  if (observed === undefined) return missing(name, unwatched(stores, cell));
  const health = healthOf(desired, observed);
  const ready = observed.pods.filter((pod) => isReady(pod) && releaseOf(pod) === desired.release);
  const restarts = observed.pods.filter((pod) => !isTerminating(pod)).map(restartOf).filter((sentence) => sentence !== undefined);
  const value = `${ready.length} of ${desired.replicas}`;
  if (health.health === 'ready') return ok(name, value, { ...said([ready.map((pod) => pod.metadata.name).join(', '), ...restarts]), ...(health.since === undefined ? {} : { since: health.since }) });
  const since = health.since ?? observed.pods.filter((pod) => !isReady(pod)).map((pod) => conditionOf(pod, 'Ready')?.lastTransitionTime).find((time) => time !== undefined);
  return missing(name, [health.message, ...restarts].map(asSentence).join(' '), { value, ...(since === undefined ? {} : { since }) });
};

function said(parts: readonly string[]): { message: string } {
  return { message: parts.filter((part) => part !== '').join('; ') };
}

function restartOf(pod: KubernetesObject): string | undefined {
  const container = containerOf(pod);
  if (container === undefined || container.restartCount === 0) return undefined;
  const last = container.lastState?.terminated;
  const again = container.state?.running?.startedAt;
  const why = last === undefined ? 'for a reason that nobody saw' : `after it ${endOf(last.exitCode, last.reason, last.finishedAt)}`;
  return `${pod.metadata.name} restarted ${container.restartCount === 1 ? 'once' : `${container.restartCount} times`}${again === undefined ? '' : `, last at ${again}`}, ${why}`;
}
