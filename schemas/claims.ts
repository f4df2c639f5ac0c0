import type { Position, Problem } from './problem.ts';
import type { Claim, KindName, Loaded, TenantState } from './state.ts';

/**
 * What this tenant has for itself alone: `uid:<uid>`, `host:<host>` of its ingresses, `sso-domain:<domain>`. A host belongs
 * to one tenant whole: two tenants on one host could read each other's cookies.
 */
export function claimsOf(tenant: TenantState): Claim[] {
  const claims = new Map<string, Claim>();
  const add = (key: string, loaded: Loaded<KindName>, pointer: string) => {
    if (!claims.has(key)) claims.set(key, new LazyClaim(key, loaded, pointer));
  };
  if (tenant.tenant !== undefined) add(`uid:${tenant.tenant.object.metadata.uid}`, tenant.tenant, '/metadata/uid');
  for (const { ingresses } of tenant.environments.values()) {
    for (const ingress of ingresses.values()) add(`host:${ingress.object.spec.host}`, ingress, '/spec/host');
  }
  for (const sso of tenant.sso.values()) {
    for (const [index, domain] of sso.object.spec.domains.entries()) add(`sso-domain:${domain}`, sso, `/spec/domains/${index}`);
  }
  return [...claims.values()];
}

/** A position costs a parse, and nearly all claims are never in conflict. */
class LazyClaim implements Claim {
  readonly key: string;
  readonly #loaded: Loaded<KindName>;
  readonly #pointer: string;

  constructor(key: string, loaded: Loaded<KindName>, pointer: string) {
    this.key = key;
    this.#loaded = loaded;
    this.#pointer = pointer;
  }

  get path(): string {
    return this.#loaded.path;
  }

  get position(): Position {
    return this.#loaded.locate(this.#pointer);
  }
}

const words: Readonly<Record<string, string>> = {
  uid: 'Give this tenant a uid of its own; uids are never reused.',
  host: 'Choose another host: one host leads to one tenant only.',
  'sso-domain': 'Remove the domain: one domain signs in to one tenant only.',
};

/** Claims of `mine` that another tenant already has. The other's name isn't said: a tenant reads these messages. */
export function conflictingClaims(mine: readonly Claim[], others: ReadonlyMap<string, { readonly tenant: string; readonly claim: Claim }>): Problem[] {
  const problems: Problem[] = [];
  for (const claim of mine) {
    if (!others.has(claim.key)) continue;
    const [kind = '', ...value] = claim.key.split(':');
    problems.push({ ...claim.position, path: claim.path, severity: 'error', code: 'claim_taken', message: `\`${value.join(':')}\` belongs to another tenant. ${words[kind] ?? 'Choose another.'}` });
  }
  return problems;
}
