import type { Fault, GitRequest } from './git-http-server.ts';

/** Parts of a thousand requests. */
const parts: readonly (readonly [number, Fault])[] = [
  [15, { kind: 'status', status: 503 }],
  [10, { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }],
  [15, { kind: 'cut', when: 'before' }],
  [25, { kind: 'cut', when: 'after' }],
  [5, { kind: 'stall' }],
  [60, { kind: 'slow', milliseconds: 400 }],
];

export interface Mischief {
  /** How often the host misbehaved, by how. */
  readonly counts: ReadonlyMap<string, number>;
  fault(request: GitRequest): Fault | undefined;
}

/**
 * What a Git host does that rejects, stalls, and breaks connections before and after it has done what was asked. Only pushes are
 * disturbed: what a control plane reads at its start is not what this is about. `random` is from 0 to 1; `often`: so many times as
 * a bad day has it.
 */
export function mischief(random: () => number, often = 1): Mischief {
  const counts = new Map<string, number>();
  return {
    counts,
    fault({ service }) {
      const fault = service === 'git-receive-pack' ? draw(random() / often) : undefined;
      if (fault !== undefined) counts.set(nameOf(fault), (counts.get(nameOf(fault)) ?? 0) + 1);
      return fault;
    },
  };
}

function draw(chance: number): Fault | undefined {
  let left = chance * 1000;
  for (const [part, fault] of parts) {
    if (left < part) return fault;
    left -= part;
  }
  return undefined;
}

function nameOf(fault: Fault): string {
  if (fault.kind === 'status') return String(fault.status);
  return fault.kind === 'cut' ? `cut ${fault.when}` : fault.kind;
}
