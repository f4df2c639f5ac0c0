import { checkTransition, claimsOf, conflictingClaims, hasErrors, validateTenant } from '../../schemas/index.ts';
import type { ChangedBy, Claim, PlatformState, Problem, TenantState } from '../../schemas/index.ts';
import { proveTenant, renderTenant, SynthError } from '../../synth/index.ts';
import type { Opening, RenderedFiles } from '../../synth/index.ts';
import type { HeldClaim, StateView } from './state-view.ts';

export type Rendered = ReadonlyMap<string, RenderedFiles>;

export interface TenantChange {
  readonly id: string;
  readonly platform: { readonly before: PlatformState; readonly after: PlatformState };
  readonly before: TenantState | undefined;
  readonly after: TenantState | undefined;
  readonly now: Date;
  /** Absent when there is nothing to compare with: the first start. */
  readonly by: ChangedBy | undefined;
  readonly approved?: boolean | undefined;
}

/** `good`: no error and no opening. Only a good change has a rendering. */
export interface Verdict {
  readonly good: boolean;
  readonly problems: readonly Problem[];
  readonly openings: readonly Opening[];
  readonly claims: readonly Claim[];
  readonly rendered: Rendered;
}

const nothing: Rendered = new Map();

function othersClaims(view: StateView, id: string, claims: readonly Claim[]): Map<string, HeldClaim> {
  const held = claims.map((claim) => [claim.key, view.claims.get(claim.key)] as const);
  return new Map(held.flatMap(([key, holder]) => (holder === undefined || holder.tenant === id ? [] : [[key, holder] as const])));
}

function renderingProblem(change: TenantChange, error: SynthError): Problem {
  const path = change.after?.tenant?.path ?? `${change.after?.directory ?? ''}/tenant.yaml`;
  return { path, line: 1, column: 1, pointer: '', severity: 'error', code: error.code, message: error.message };
}

function render(change: TenantChange, after: TenantState): Rendered | Problem {
  try {
    return renderTenant(change.platform.after, after);
  } catch (error) {
    if (error instanceof SynthError) return renderingProblem(change, error);
    throw error;
  }
}

/** Judges one tenant's step: state rules, transition rules, claims, rendering, isolation. Changes nothing. */
export function assessTenant(view: StateView, change: TenantChange): Verdict {
  const { before, after, platform, now, by, approved = false } = change;
  const transition = by === undefined ? [] : checkTransition({ platform, tenant: { before, after }, now, by, approved });
  if (after === undefined) return { good: !hasErrors(transition), problems: transition, openings: [], claims: [], rendered: nothing };
  const claims = claimsOf(after);
  const problems = [...validateTenant(platform.after, after), ...transition, ...conflictingClaims(claims, othersClaims(view, change.id, claims))];
  if (hasErrors(problems)) return { good: false, problems, openings: [], claims, rendered: nothing };
  const rendered = render(change, after);
  if (!('size' in rendered)) return { good: false, problems: [...problems, rendered], openings: [], claims, rendered: nothing };
  const openings = proveTenant(platform.after, after, rendered);
  return { good: openings.length === 0, problems, openings, claims, rendered };
}
