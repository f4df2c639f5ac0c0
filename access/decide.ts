import type { Action, PlatformState, TenantState } from '../schemas/index.ts';

/** Who asks: a person or a tenant's service account, as authenticated by the ledger. */
export type Subject =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'serviceAccount'; readonly tenant: string; readonly name: string };

export interface Question {
  readonly subject: Subject;
  readonly action: Action;
  readonly tenant: string;
  /** Absent only for actions that belong to no environment; an environment action without one is denied. */
  readonly environment?: string;
  /** The application's owner team, for bindings limited to teams. */
  readonly team?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Which binding and role allowed it, or why none did; shown as "explain this decision". */
  readonly because: string;
}

export type Decide = (platform: PlatformState, tenant: TenantState | undefined, question: Question) => Decision;
