import type { Problem } from '../problem.ts';
import type { KindName, Loaded, PlatformState, TenantState } from '../state.ts';
import type { EffectiveLimits } from '../limits.ts';
import type { Change } from './transition/changes.ts';

/** What must hold in any checkout, whatever came before. */
export interface StateRule {
  /** Codes of the problems that the rule finds. */
  readonly codes: readonly string[];
  check(state: CheckedState): Iterable<Problem>;
}

export interface CheckedState {
  readonly platform: PlatformState;
  readonly tenant: TenantState;
  /** Undefined when the tenant or its tier is missing. */
  readonly limits: EffectiveLimits | undefined;
}

/** What must hold of the platform's own files. */
export interface PlatformRule {
  readonly codes: readonly string[];
  check(platform: PlatformState): Iterable<Problem>;
}

/** Who makes a change: the platform's own programs, an operator (also by pushing to `main`), or a person or program of the tenant. */
export type ChangedBy = 'platform' | 'operator' | 'tenant';

/** The two sides of a change of one tenant; a side is undefined where the tenant doesn't exist. */
export interface Transition {
  readonly platform: { readonly before: PlatformState; readonly after: PlatformState };
  readonly tenant: { readonly before: TenantState | undefined; readonly after: TenantState | undefined };
  readonly now: Date;
  readonly by: ChangedBy;
  /** Who must agree to the change has agreed, or is asked besides. */
  readonly approved?: boolean;
}

/** What must hold between two states. */
export interface TransitionRule {
  readonly codes: readonly string[];
  check(transition: Transition & { readonly changes: readonly Change[] }): Iterable<Problem>;
}

/** A problem at a pointer of an object. */
export function problemAt(loaded: Loaded<KindName>, pointer: string, code: string, message: string): Problem {
  return { path: loaded.path, severity: 'error', code, message, ...loaded.locate(pointer) };
}

/** A problem of something that isn't there any more: it has a path and no position. */
export function problemOfMissing(path: string, code: string, message: string): Problem {
  return { path, line: 1, column: 1, pointer: '', severity: 'error', code, message };
}
