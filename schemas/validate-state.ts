import { claimsOf, conflictingClaims } from './claims.ts';
import { loadPlatform } from './load-platform.ts';
import { loadTenant } from './load-tenant.ts';
import { tenantOfPath } from './places.ts';
import { compareProblems, type Problem } from './problem.ts';
import type { Claim, RawFile, PlatformState, TenantState } from './state.ts';
import { problemsOfOther } from './unknown-file.ts';
import { validatePlatform, validateTenant } from './validate.ts';

export interface State {
  readonly platform: PlatformState;
  /** In id order. */
  readonly tenants: ReadonlyMap<string, TenantState>;
  /** Problems of files that belong to no tenant though they are under `tenants/`. */
  readonly problems: readonly Problem[];
}

/** A whole checkout. Never throws on what the files hold. */
export function loadState(files: readonly RawFile[]): State {
  const groups = new Map<string, RawFile[]>();
  const problems: Problem[] = [];
  for (const file of files) {
    if (!file.path.startsWith('tenants/')) continue;
    const id = tenantOfPath(file.path);
    if (id !== undefined && file.path.split('/').length > 3) {
      const group = groups.get(id);
      if (group === undefined) groups.set(id, [file]);
      else group.push(file);
    } else problems.push(...problemsOfOther(file));
  }
  const ids = [...groups.keys()].sort();
  return { platform: loadPlatform(files), tenants: new Map(ids.map((id) => [id, loadTenant(id, groups.get(id) ?? [])])), problems };
}

/** Every problem and notice of a whole checkout, in file order: platform, tenants, and what tenants take from each other. */
export function validateState(files: readonly RawFile[]): Problem[] {
  const { platform, tenants, problems } = loadState(files);
  const all = [...problems, ...validatePlatform(platform)];
  const taken = new Map<string, { tenant: string; claim: Claim }>();
  for (const [id, tenant] of tenants) {
    all.push(...validateTenant(platform, tenant));
    const claims = claimsOf(tenant);
    all.push(...conflictingClaims(claims, taken));
    for (const claim of claims) if (!taken.has(claim.key)) taken.set(claim.key, { tenant: id, claim });
  }
  return all.sort(compareProblems);
}
