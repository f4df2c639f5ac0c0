import type { Problem } from './problem.ts';
import type { TenantState } from './state.ts';

/** Notices for the fields that nothing enforces yet. */
export function notEnforcedYet(_tenant: TenantState): Problem[] {
  return [];
}
