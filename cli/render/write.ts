import type { WriteAnswer } from '../client/answers.ts';
import type { Palette } from './palette.ts';
import { clean } from './table.ts';

/** What a write did: the commit, what restarts or scales because of it, and what the plan warns of. */
export function renderWrite(what: string, answer: WriteAnswer, palette: Palette): string {
  if (!answer.changed) return `${what}: nothing to change, it was so already (commit ${answer.base.slice(0, 12)}).`;
  const done = `${palette.green('✓')} ${what} (commit ${answer.commit.slice(0, 12)})`;
  const { plan, planMissing } = answer;
  if (plan === undefined) return `${done}\n  ${palette.yellow(planMissing?.code ?? 'plan_failed')}: ${clean(planMissing?.message ?? 'there is no plan')}`;
  const { blastRadius } = plan;
  // What nothing enforces yet stands on plan and status; here it would repeat itself with every command.
  const warnings = plan.risks.filter(({ code }) => code !== 'not_enforced_yet');
  const effects = (['created', 'restarted', 'scaled', 'deleted'] as const).flatMap((key) => (blastRadius[key].length === 0 ? [] : [`  ${key.padEnd(9)} ${blastRadius[key].join(', ')}`]));
  return [done, ...effects, ...warnings.map((risk) => `  ${palette.yellow(risk.code)}: ${clean(risk.message)}`)].join('\n');
}
