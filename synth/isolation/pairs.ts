import type { Cell } from '../../schemas/index.ts';
import type { Opening } from '../types.ts';
import { expectedPorts } from './expected.ts';
import { formatPorts, intersect, without } from './ports.ts';
import type { Reach } from './reach.ts';
import type { Pod, Policy } from './world.ts';

/** The opening from one pod to another, if any: what both sides allow and the allow list doesn't. */
export function openPair(reach: Reach, cell: Cell, from: Pod, to: Pod): Opening | undefined {
  const expected = expectedPorts(cell, from, to);
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
