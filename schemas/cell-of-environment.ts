import type { Tenant } from './types.ts';

/** The cell in which an environment of the tenant runs: its own entry, or the default. Safe for a name such as `constructor`, which every object seems to have. */
export function cellOfEnvironment({ spec: { cells } }: Tenant, environment: string): string {
  return (Object.hasOwn(cells, environment) ? cells[environment] : undefined) ?? cells.default;
}
