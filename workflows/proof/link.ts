import type { HistoryEntry, RenderedCell } from '../../engine/index.ts';
import type { Release, TenantState } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import type { Place } from '../find.ts';
import type { Desired } from '../status/health.ts';
import type { Observed } from '../status/observe.ts';

/** One link of the chain. `missing`: it should be there and is not; `absent`: this version of the product does not make it. */
export interface Link {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'absent';
  readonly value?: string;
  readonly message?: string;
  /** RFC 3339: since when it is so. */
  readonly since?: string;
}

/** What every link is judged from, read once. */
export interface Evidence {
  readonly stores: Stores;
  readonly place: Place;
  readonly tenant: TenantState;
  readonly cell: string;
  readonly release: Release | undefined;
  readonly releaseName: string;
  /** The last commit that changed the deployment. */
  readonly change: HistoryEntry | undefined;
  /** The cell's head. */
  readonly rendered: RenderedCell | undefined;
  readonly desired: Desired;
  readonly observed: Observed | undefined;
}

export type Judge = (evidence: Evidence) => Promise<Link> | Link;

export function ok(name: string, value: string, more: { message?: string; since?: string } = {}): Link {
  return { name, state: 'ok', value, ...more };
}

export function missing(name: string, message: string, more: { value?: string; since?: string } = {}): Link {
  return { name, state: 'missing', message, ...more };
}

export function absent(name: string): Link {
  return { name, state: 'absent', message: 'step not built' };
}
