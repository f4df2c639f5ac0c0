import type { TransitionRule } from '../rule.ts';

/** What must hold between two states of a tenant. */
export const transitionRules: readonly TransitionRule[] = [];
