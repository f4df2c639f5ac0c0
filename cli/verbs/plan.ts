import type { Plan, PlanOptions as PageOptions } from '../../engine/index.ts';
import { fullId } from '../client/full-id.ts';
import { tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { renderPlanMarkdown } from '../../workflows/git-hosts/plan-markdown.ts';
import { renderPlan } from '../render/plan.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export interface PlanOptions {
  readonly base: string;
  readonly head: string;
  readonly repo: string;
  readonly platform?: boolean;
  readonly tenant?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly all?: boolean;
  readonly rendered?: boolean;
  readonly format: 'text' | 'markdown';
}

type Page = (options: PageOptions) => Promise<Plan>;

/**
 * With a tenant the control plane is asked about it, with `--platform` about all; else a clone on this machine is read, and
 * nothing is written to it. A change of many tenants comes in pages, the whole in numbers first. As Markdown it is what a
 * review says of a branch, with its verdict. Fails when there are errors.
 */
export async function plan(session: Session, target: Target | undefined, options: PlanOptions): Promise<ExitCode> {
  const page = target !== undefined || options.platform === true ? await online(session, target, options) : await offline(session, options);
  const asked = askedFor(options);
  const { tenant } = options;
  const show = options.format === 'markdown' ? (found: Plan) => renderPlanMarkdown(found) : renderPlan;
  const first = await page(asked);
  if (tenant !== undefined && first.summary.tenants === 0 && first.objects.length === 0) throw new CliError('unknown_revision', `Nothing changes for ${tenant} between these commits.`, { next: 'leave out --tenant to see for whom something does' });
  session.print(first, (palette) => show(first, palette));
  for (let next = options.all === true ? first.next : undefined; next !== undefined;) {
    const following = await page({ ...asked, after: next });
    session.print(following, (palette) => show(following, palette));
    ({ next } = following);
  }
  return first.summary.errors > 0 ? exitCodes.failed : exitCodes.ok;
}

function askedFor({ after, limit, tenant, rendered }: PlanOptions): PageOptions {
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }), ...(tenant !== undefined && { tenants: [tenant] }), ...(rendered === true && { rendered }) };
}

async function online(session: Session, target: Target | undefined, revisions: PlanOptions): Promise<Page> {
  if (revisions.format === 'markdown') throw new CliError('usage', 'Markdown is for a pull request, and is made from a clone.', { next: 'leave out the tenant and --platform, and run it in a clone of the state' });
  const client = await session.client();
  const base = await fullId(session, target?.tenant, revisions.base);
  const head = await fullId(session, target?.tenant, revisions.head);
  if (target !== undefined) return async ({ rendered }) => (await client.request<Plan>('GET', `${tenantPath(target.tenant)}/plan`, { query: { base, head, rendered } })).body;
  return async ({ after, tenants, ...page }) => (await client.request<Plan>('GET', '/api/v1/plan', { query: { base, head, cursor: after, tenant: tenants?.[0], ...page } })).body;
}

async function offline(session: Session, options: PlanOptions): Promise<Page> {
  if (options.format === 'markdown') return (await import('../offline/review-revisions.ts')).reviewRevisions(session.io, options);
  const { planRevisions } = await import('../offline/plan-revisions.ts');
  return planRevisions(session.io, options);
}
