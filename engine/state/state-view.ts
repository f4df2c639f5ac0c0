import type { Claim, PlatformState } from '../../schemas/index.ts';
import type { Quarantine } from '../types.ts';
import { OverlayMap } from './overlay-map.ts';

export interface HeldClaim {
  readonly tenant: string;
  readonly claim: Claim;
}

/** A cell's branch as far as it has been rendered. `commit` is absent before the first rendering. */
export interface CellHead {
  readonly commit: string | undefined;
  /** Tree of `commit`. */
  readonly committedTree: string;
  /** The rendered tree, which differs from `committedTree` until a commit is made. */
  readonly tree: string;
  /** Values of its `Quarantined` trailers. */
  readonly quarantined: readonly string[];
}

/** The platform's files in force; `root` is the root tree that they were read from. */
export interface PlatformInForce {
  readonly state: PlatformState;
  readonly root: string;
  /** Commit of `root`. */
  readonly commit: string;
}

/**
 * What is in force at a commit of `main`. Only ids are held for tenants; their objects are read when asked for. A fork can be
 * changed and dropped, or absorbed.
 */
export class StateView {
  commit: string;
  /** Root tree of `commit`, with what is broken in it. */
  root: string;
  platform: PlatformInForce;
  /** Tenant → id of its tree in force. */
  readonly tenants: OverlayMap<string, string>;
  /** By tenant, and under `platformKey` for the platform's files. */
  readonly quarantines: OverlayMap<string, Quarantine>;
  /** Claim key → who holds it. */
  readonly claims: OverlayMap<string, HeldClaim>;
  /** Tenant → keys of its claims. */
  readonly claimKeys: OverlayMap<string, readonly string[]>;
  readonly cells: OverlayMap<string, CellHead>;

  constructor(at: { commit: string; root: string; platform: PlatformInForce }, below?: StateView) {
    this.commit = at.commit;
    this.root = at.root;
    this.platform = at.platform;
    this.tenants = new OverlayMap(below?.tenants);
    this.quarantines = new OverlayMap(below?.quarantines);
    this.claims = new OverlayMap(below?.claims);
    this.claimKeys = new OverlayMap(below?.claimKeys);
    this.cells = new OverlayMap(below?.cells);
  }

  claimsOf(tenant: string): readonly string[] {
    return this.claimKeys.get(tenant) ?? [];
  }

  fork(): StateView {
    return new StateView(this, this);
  }

  /** Puts a fork on another view that has absorbed what it is a fork of. */
  settleOn(below: StateView): void {
    this.tenants.settleOn(below.tenants);
    this.quarantines.settleOn(below.quarantines);
    this.claims.settleOn(below.claims);
    this.claimKeys.settleOn(below.claimKeys);
    this.cells.settleOn(below.cells);
  }

  absorb(fork: StateView): void {
    this.commit = fork.commit;
    this.root = fork.root;
    this.platform = fork.platform;
    this.tenants.absorb(fork.tenants);
    this.quarantines.absorb(fork.quarantines);
    this.claims.absorb(fork.claims);
    this.claimKeys.absorb(fork.claimKeys);
    this.cells.absorb(fork.cells);
  }
}

/** No tenant's id holds a dot. */
export const platformKey = 'platform.yaml';
