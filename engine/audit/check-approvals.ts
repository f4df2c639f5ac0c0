import { approvalPolicies } from '../../schemas/index.ts';
import type { PlatformState, TenantState } from '../../schemas/index.ts';
import { SYNTH_VERSION } from '../../synth/index.ts';
import type { StateBefore } from '../change.ts';
import { EMPTY_TREE, parseTrailers, ZERO_ID } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import type { TenantApprovalPolicy } from '../intent.ts';
import { planBetween } from '../plan/plan-between.ts';
import type { PlanCrew } from '../plan/plan-crew.ts';
import { changedTenants } from '../state/changed-tenants.ts';
import { readPlatform } from '../state/read-state.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { Quarantines } from './cell-replay.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** Why a person may not approve under a policy, by the state before the change; `undefined` when they may. */
export type RefusalUnder = (about: { readonly before: StateBefore }, person: string, policy: Pick<TenantApprovalPolicy, 'tenant' | 'environment' | 'roles'>) => string | undefined;

/** What else the walk along `main` knows at a commit. */
export interface Circumstances {
  /** Signed by the platform: only then its trailers are its word. */
  readonly signed: boolean;
  /** What was quarantined before it. */
  readonly quarantines: Quarantines;
  /** With which synth its plan was made: the hash covers what was rendered. */
  readonly synthVersion: string | undefined;
}

export interface ApprovalContext {
  readonly objects: ObjectReader;
  readonly loader: TenantLoader;
  readonly crew: PlanCrew;
  readonly refusalUnder: RefusalUnder;
}

interface Approved {
  readonly commit: ParsedCommit;
  readonly before: StateBefore;
  readonly policies: readonly TenantApprovalPolicy[];
  readonly author: string;
  readonly approvers: readonly string[];
}

/**
 * Compares the approvals on commits of `main` with the policies that the change came under, by the state before it, and with
 * the plan that it carries out. Commits are given in order.
 */
export class ApprovalCheck {
  readonly #objects: ObjectReader;
  readonly #loader: TenantLoader;
  readonly #crew: PlanCrew;
  readonly #refusalUnder: RefusalUnder;
  #platform: PlatformState | undefined;
  #root = EMPTY_TREE;
  /** Approvals of plans that another version of synth made. */
  unproved = 0;

  constructor({ objects, loader, crew, refusalUnder }: ApprovalContext) {
    this.#objects = objects;
    this.#loader = loader;
    this.#crew = crew;
    this.#refusalUnder = refusalUnder;
  }

  /** Goes past a commit that is taken as given. */
  pass({ tree }: ParsedCommit): void {
    this.#root = tree;
    this.#platform = undefined;
  }

  async follow(commit: ParsedCommit, circumstances: Circumstances): Promise<Finding[]> {
    const root = this.#root;
    const change = await changedTenants(this.#objects, root, commit.tree);
    const platform = (this.#platform ??= await readPlatform(this.#objects, root));
    if (change.platform) this.#platform = undefined;
    this.#root = commit.tree;
    const trailers = parseTrailers(commit.message);
    const approvers = trailers.get('Approved-By') ?? [];
    if (!circumstances.signed || commit.parents[0] === undefined || (approvers.length === 0 && !asksTenants(commit, platform))) return [];
    const tenants = new Map<string, TenantState | undefined>();
    const policies: TenantApprovalPolicy[] = [];
    for (const [id, tree] of change.tenants) {
      const before = await this.#inForce(root, circumstances.quarantines, id);
      tenants.set(id, before);
      if (before === undefined) continue;
      const after = tree === undefined ? undefined : await this.#loader.load(id, tree);
      policies.push(...approvalPolicies(before, after).map((policy) => Object.assign({ tenant: id }, policy)));
    }
    const approved: Approved = { commit, before: { platform, tenants }, policies, author: commit.author.name, approvers };
    return [...this.#people(approved), ...(await this.#plan(commit, trailers.get('Plan-Hash')?.[0], { approvers, synthVersion: circumstances.synthVersion }))];
  }

  #people({ commit, before, policies, author, approvers }: Approved): Finding[] {
    const at = { ref: 'main', commit: commit.id };
    const others = [...new Set(approvers)].filter((person) => person !== author);
    const own = others.length === new Set(approvers).size ? [] : [finding('approved_own', at, `${author}.`)];
    const places = policies.length > 0 ? policies : everywhere(before);
    const refused = others.filter((person) => places.every((place) => this.#refusalUnder({ before }, person, place) !== undefined));
    const unmet = policies.flatMap((policy) => {
      const count = others.filter((person) => this.#refusalUnder({ before }, person, policy) === undefined).length;
      return count >= policy.count ? [] : [finding('approval_missing', at, `${policy.tenant}/${policy.environment} asks for ${policy.count}, and ${count} count. ${policy.because.join(' ')}`)];
    });
    return [...own, ...refused.map((person) => finding('approver_unentitled', at, `${person}: ${this.#reason(before, person, places)}`)), ...unmet];
  }

  #reason(before: StateBefore, person: string, [place]: readonly Pick<TenantApprovalPolicy, 'tenant' | 'environment'>[]): string {
    return place === undefined ? 'the change touches no environment.' : (this.#refusalUnder({ before }, person, place) ?? '');
  }

  async #plan(commit: ParsedCommit, hash: string | undefined, { approvers, synthVersion }: { readonly approvers: readonly string[]; readonly synthVersion: string | undefined }): Promise<Finding[]> {
    const at = { ref: 'main', commit: commit.id };
    if (hash === undefined) return approvers.length === 0 ? [] : [finding('plan_missing', at)];
    if (synthVersion !== SYNTH_VERSION) {
      this.unproved += 1;
      return [finding('plan_not_checkable', at)];
    }
    const [parent = ''] = commit.parents;
    const plan = await planBetween({ objects: this.#objects, loader: this.#loader, crew: this.#crew }, parent, commit.id);
    return `sha256:${plan.hash}` === hash ? [] : [finding('plan_differs', at, `Agreed: ${hash}. What it does: sha256:${plan.hash}.`)];
  }

  async #inForce(root: string, quarantines: Quarantines, id: string): Promise<TenantState | undefined> {
    const good = quarantines.get(id);
    if (good === ZERO_ID) return undefined;
    const at = good === undefined ? root : (await this.#objects.commit(good)).tree;
    const tree = await tenantTree(this.#objects, id, at);
    return tree === undefined ? undefined : this.#loader.load(id, tree);
  }
}

const doors = new Set(['api', 'cli', 'web']);

/** Policies bind the people of a tenant; operators, and the platform itself, are not asked. */
function asksTenants(commit: ParsedCommit, platform: PlatformState): boolean {
  const door = parseTrailers(commit.message).get('Cameleer-Door')?.[0] ?? '';
  return doors.has(door) && platform.platform?.object.spec.operators.includes(commit.author.name) !== true;
}

function everywhere({ tenants }: StateBefore): { readonly tenant: string; readonly environment: string }[] {
  return [...tenants].flatMap(([tenant, state]) => [...(state?.environments.keys() ?? [])].map((environment) => ({ tenant, environment })));
}
