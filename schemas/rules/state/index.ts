import type { StateRule } from '../rule.ts';

/** What must hold in any checkout. One rule a file; the order is the order in which they are explained, not a precedence. */
export const stateRules: readonly StateRule[] = [];
