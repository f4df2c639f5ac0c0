import type { LeftAlone, PlannedAnswer, RequestedAnswer, RevertAnswer } from '../client/answers.ts';
import { fullId } from '../client/full-id.ts';
import { tenantPath } from '../client/paths.ts';
import { confirm } from '../confirm.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { renderPlan } from '../render/plan.ts';
import { renderApprovals } from '../render/request.ts';
import { renderWrite } from '../render/write.ts';
import { clean } from '../render/table.ts';
import type { Palette } from '../render/palette.ts';
import { parseReverted, type Reverted } from '../reverted.ts';
import type { Session } from '../session.ts';
import { dryRunEnd, dryRunExit, queryOf, showWrite, type QueryOptions } from './write.ts';

export interface RevertOptions extends QueryOptions {
  readonly tenant?: string;
  readonly env?: string;
  readonly app?: string;
  readonly include: readonly string[];
  readonly take: readonly string[];
  readonly yes?: boolean;
}

interface Planned extends PlannedAnswer {
  readonly leftAlone: readonly LeftAlone[];
}

/** Takes a commit, a range or a scope as of a time back: shows the plan, asks, and writes one commit. */
export async function revert(session: Session, words: readonly string[], options: RevertOptions): Promise<ExitCode> {
  const { tenant, ...what } = parseReverted(words.join(' '), options);
  const body = { ...(await resolved(session, tenant, what)), ...(options.include.length > 0 && { include: options.include }), ...takeOf(options.take) };
  const client = await session.client();
  const path = `${tenantPath(tenant)}/reverts`;
  const { body: planned } = await client.request<Planned>('POST', path, { body, query: { dryRun: true } });
  // What would be refused is not asked about.
  if (options.dryRun === true || dryRunExit(planned.plan) !== exitCodes.ok) {
    session.print(planned, (palette) => `${shown(planned, palette)}\n${dryRunEnd(planned.plan, palette)}`);
    return dryRunExit(planned.plan);
  }
  if (!session.json) session.io.stdout.write(`${shown(planned, session.palette)}\n`);
  await confirm(session.io, 'Revert this?', options.yes === true);
  const { body: answer } = await client.request<RevertAnswer | RequestedAnswer>('POST', path, { body, query: queryOf(options) });
  if ('request' in answer) return showWrite(session, '', answer, false);
  session.print(answer, (palette) => [renderWrite(`Reverted ${words.join(' ')} in ${tenant}`, answer, palette), ...moved(planned, answer, palette)].join('\n'));
  return exitCodes.ok;
}

/** Commits by their full ids. */
async function resolved(session: Session, tenant: string, { commit, range, ...rest }: Omit<Reverted, 'tenant'>): Promise<Omit<Reverted, 'tenant'>> {
  return {
    ...rest,
    ...(commit !== undefined && { commit: await fullId(session, tenant, commit) }),
    ...(range !== undefined && { range: { base: await fullId(session, tenant, range.base), head: await fullId(session, tenant, range.head) } }),
  };
}

/** `revert` or `keep` for all, or `PATH#POINTER=revert` for one field each. */
function takeOf(take: readonly string[]): { readonly take?: string | Readonly<Record<string, string>> } {
  const [only] = take;
  if (only === undefined) return {};
  if (take.length === 1 && (only === 'revert' || only === 'keep')) return { take: only };
  const unclear = take.find((each) => !/^.+#.*=(?:revert|keep)$/.test(each));
  if (unclear !== undefined) throw new CliError('usage', `--take ${unclear} says nothing about one field.`, { next: 'write `--take revert` or `--take keep` alone, for all fields, or `--take PATH#POINTER=keep` for each' });
  return { take: Object.fromEntries(take.map((each) => [each.slice(0, each.lastIndexOf('=')), each.slice(each.lastIndexOf('=') + 1)])) };
}

function shown({ plan, leftAlone, approvals = [] }: Planned, palette: Palette): string {
  const alone = leftAlone.map(({ path, because, include }) => `  ${clean(path)}: ${clean(because)}${include === undefined ? '' : ` --include ${include} reverts it too.`}`);
  return [renderPlan(plan, palette), ...(alone.length === 0 ? [] : ['Left alone', ...alone]), ...renderApprovals(approvals, palette)].join('\n');
}

/** Others may have written between the plan and the answer to it; and a secret that is encrypted anew is another text each time. */
function moved({ plan }: Planned, answer: RevertAnswer, palette: Palette): string[] {
  if (answer.plan === undefined || plan.hash === answer.plan.hash) return [];
  if (plan.base === answer.plan.base) return [palette.dim(`a secret was encrypted anew, to the present key: what was done is plan ${answer.plan.hash}`)];
  return [palette.yellow('what was done differs from the plan above, because the state has changed meanwhile; see `cameleer history`')];
}
