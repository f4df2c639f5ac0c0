import { didYouMean } from '../../nearest.ts';
import type { Loaded, PlatformState } from '../../state.ts';
import type { Problem } from '../../problem.ts';
import { problemAt, type CheckedState, type StateRule } from '../rule.ts';

/**
 * The cells that a tenant names exist, are for it, and are what its tier promises: dedicated infrastructure means a cell
 * dedicated to this tenant. The local runner is exempt: it is one machine for trying everything out.
 */
export const cellsUsable: StateRule = {
  codes: ['cell_unknown', 'cell_of_another_tenant', 'cell_not_dedicated', 'cell_environment_unknown'],
  * check(state) {
    const { tenant } = state.tenant;
    if (tenant === undefined) return;
    for (const [environment, cell] of Object.entries(tenant.object.spec.cells)) {
      const pointer = `/spec/cells/${environment}`;
      if (environment !== 'default' && !state.tenant.environments.has(environment)) {
        yield problemAt(tenant, pointer, 'cell_environment_unknown', `There is no environment \`${environment}\`.${didYouMean(environment, state.tenant.environments.keys())} Remove the line, or add the environment.`);
      }
      yield* checkCell(state, tenant, pointer, cell);
    }
  },
};

function* checkCell(state: CheckedState, tenant: Loaded<'Tenant'>, pointer: string, name: string): Iterable<Problem> {
  const cell = state.platform.cells.get(name);
  if (cell === undefined) {
    yield problemAt(tenant, pointer, 'cell_unknown', `There is no cell \`${name}\`.${didYouMean(name, state.platform.cells.keys())} Name one of: ${[...state.platform.cells.keys()].join(', ')}.`);
    return;
  }
  const { dedicatedTo, driver } = cell.object.spec;
  if (dedicatedTo !== undefined && dedicatedTo !== state.tenant.id) {
    yield problemAt(tenant, pointer, 'cell_of_another_tenant', `The cell \`${name}\` is dedicated to another tenant. Name another cell.`);
  } else if (promisesDedicated(state.platform, tenant) && dedicatedTo === undefined && driver !== 'local') {
    yield problemAt(tenant, pointer, 'cell_not_dedicated', `The tier \`${tenant.object.spec.tier}\` promises dedicated infrastructure, and \`${name}\` is shared. Name a cell with \`dedicatedTo: ${state.tenant.id}\`.`);
  }
}

function promisesDedicated(platform: PlatformState, tenant: Loaded<'Tenant'>): boolean {
  return platform.tiers.get(tenant.object.spec.tier)?.object.spec.infrastructure === 'dedicated';
}
