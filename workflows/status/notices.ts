import { isOperator, type Subject } from '../../access/index.ts';
import type { Quarantine } from '../../engine/index.ts';
import { formatProblem, validateTenant, type PlatformState, type Problem, type TenantState } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';

export interface Notice {
  readonly code: string;
  readonly message: string;
}

/** Under which the head names a quarantine of the platform's own files. */
const platformKey = 'platform.yaml';

/** Validation is not cheap, and a state never changes in place: notices are kept as long as both states are. */
const known = new WeakMap<TenantState, { readonly platform: PlatformState; readonly notices: readonly Notice[] }>();

/** What is to be said on every answer about a tenant: its quarantine, the platform's, and what nothing enforces yet. */
export function noticesOf({ engine }: Pick<Stores, 'engine'>, tenant: TenantState, reader: Subject): readonly Notice[] {
  const quarantine = engine.head().quarantines.get(tenant.id);
  return [...(quarantine === undefined ? [] : [quarantineNotice(quarantine)]), ...platformNotices({ engine }, reader), ...notEnforcedYet(engine.platform(), tenant)];
}

/** What is to be said on every answer about the platform. What is wrong with its files is for operators. */
export function platformNotices({ engine }: Pick<Stores, 'engine'>, reader: Subject): readonly Notice[] {
  const quarantine = engine.head().quarantines.get(platformKey);
  if (quarantine === undefined) return [];
  const message = isOperator(engine.platform(), reader)
    ? quarantineMessage(quarantine)
    : 'The last change of the platform’s own files is not in force, because it is invalid; its operators have to correct it.';
  return [{ code: 'platform_quarantined', message }];
}

/** One or two sentences: what is held back, what is in force instead, and the first problem with its place. */
export function quarantineMessage({ tenant, commit, problems }: Quarantine): string {
  const what = tenant === platformKey ? 'The platform’s own files are quarantined' : `Tenant ${tenant} is quarantined`;
  const first = problems.find((problem) => problem.severity === 'error');
  const inForce = /^0+$/.test(commit) ? 'nothing of it is in force' : `the state of ${commit.slice(0, 12)} is in force`;
  return `${what}: a change from outside broke ${tenant === platformKey ? 'them' : 'it'}, and ${inForce}.${first === undefined ? '' : ` First problem: ${formatProblem(first)}`}`;
}

function quarantineNotice(quarantine: Quarantine): Notice {
  return { code: 'quarantined', message: quarantineMessage(quarantine) };
}

function notEnforcedYet(platform: PlatformState, tenant: TenantState): readonly Notice[] {
  const kept = known.get(tenant);
  if (kept?.platform === platform) return kept.notices;
  const notices = validateTenant(platform, tenant).filter((problem) => problem.severity === 'notice').map(noticeOf);
  known.set(tenant, { platform, notices });
  return notices;
}

function noticeOf(problem: Problem): Notice {
  return { code: problem.code, message: `${problem.path}:${problem.line}: ${problem.message}` };
}
