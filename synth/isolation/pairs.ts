import type { Cell } from '../../schemas/index.ts';
import type { Opening } from '../types.ts';
import { expectedPorts } from './expected.ts';
import { everyPort, formatPorts, intersect, without } from './ports.ts';
import type { Reach } from './reach.ts';
import { matches, type Selector } from './selector.ts';
import type { Pod, Policy, World } from './world.ts';

/**
 * Tenants' pods that send alike: of one namespace, under the same egress policies, and alike to every selector that a
 * rule has for its peers. What holds for one of them as a source holds for all.
 */
export function sendingAlike(reach: Reach, { pods, policies }: World): Pod[][] {
  const selectors = new Map<string, Selector>();
  for (const { ingress = [], egress = [] } of [...policies.values()].flat()) {
    for (const { podSelector } of [...ingress, ...egress].flatMap((rule) => rule.peers ?? [])) if (podSelector !== undefined) selectors.set(JSON.stringify(podSelector), podSelector);
  }
  const distinct = [...selectors.values()];
  const groups = Map.groupBy(pods, (pod) => {
    const inForce = (reach.policiesOf(pod, 'egress') ?? []).map(({ file }) => file);
    return JSON.stringify([pod.namespace, inForce, distinct.map((selector) => matches(selector, pod.labels))]);
  });
  return [...groups.values()];
}

/** Openings from each source to each target; of sources that send alike all are asked only when one has an opening. */
export function openPairs(reach: Reach, cell: Cell, sources: readonly (readonly Pod[])[], targets: readonly Pod[]): Opening[] {
  const found: (Opening | undefined)[] = [];
  for (const alike of sources) {
    const [first] = alike;
    const open = first === undefined ? [] : targets.filter((target) => openPair(reach, cell, first, target) !== undefined);
    for (const target of open) found.push(...alike.map((pod) => openPair(reach, cell, pod, target)));
  }
  return found.filter((opening) => opening !== undefined);
}

/** The opening from one pod to another, if any: what both sides allow and the allow list doesn't. */
function openPair(reach: Reach, cell: Cell, from: Pod, to: Pod): Opening | undefined {
  const expected = expectedPorts(cell, from, to);
  if (expected === everyPort) return undefined;
  const ingress = reach.ingress(to, from);
  const unwanted = without(ingress.ports, expected);
  if (unwanted.length === 0) return undefined;
  const egress = reach.egress(from, to);
  const ports = intersect(unwanted, egress.ports);
  if (ports.length === 0) return undefined;
  const because = [...new Set([...egress.because, ...ingress.because])].map(nameOf).sort();
  const port = formatPorts(ports);
  const through = because.length === 0 ? `no policy limits ${from.namespace}'s egress or ${to.namespace}'s ingress` : `${because.join(' and ')} allow${because.length === 1 ? 's' : ''} it`;
  return { from: from.id, to: to.id, port, because, message: `${from.id} can reach ${to.id} on ${port}: ${through}.` };
}

function nameOf({ file, name }: Policy): string {
  return `${file}:${name}`;
}
