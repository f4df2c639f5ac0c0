import type { LogLine } from '../cluster/driver.ts';
import type { Stores } from './context.ts';
import { WorkflowError } from './errors.ts';
import { cellOf, findApplication, findEnvironment, findTenant, type Place } from './find.ts';
import { namespaceOf } from './status/observe.ts';
import { unwatched } from './status/unwatched.ts';

export interface LogRequest {
  readonly place: Place;
  readonly pod?: string;
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly signal: AbortSignal;
}

/** Lines of an application's pods, also of those that have died. Errors: `not_found`, `not_watched`. */
export async function logs(stores: Stores, { place, ...options }: LogRequest): Promise<AsyncIterable<LogLine>> {
  const tenant = await findTenant(stores, place.tenant);
  findApplication(tenant, place.application);
  findEnvironment(tenant, place.environment);
  const cell = cellOf(tenant, place.environment) ?? '';
  const driver = stores.driver(cell);
  if (driver === undefined) throw new WorkflowError('not_watched', `The logs are not to be had here. ${unwatched(stores, cell)}`);
  return driver.logs({ namespace: namespaceOf(place), application: place.application, ...options });
}
