import type { Plan } from '../../engine/index.ts';
import { counts, isPage } from './plan-counts.ts';
import { risksInShort } from './risks-in-short.ts';

/** First line of the comment on a pull request: by it the next run finds the comment that it replaces. */
export const planMarker = '<!-- cameleer:plan -->';
/** GitHub takes 65,536 characters, Gitea more; what is left out stands in the plan itself. */
const longestComment = 60_000;
const signs = { added: '+', modified: '~', deleted: '-' } as const;

/** Whether a pull request with this plan may be merged, in one line. */
export function verdictOf({ summary, hash }: Plan): { readonly good: boolean; readonly line: string } {
  const { errors, tenants, workloads } = summary;
  if (errors > 0) return { good: false, line: `${errors} ${errors === 1 ? 'error' : 'errors'} to correct` };
  const effects = Object.entries(workloads).filter(([, count]) => count > 0).map(([effect, count]) => `${count} ${effect}`);
  return { good: true, line: `${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}, ${effects.length === 0 ? 'no workload changes' : `workloads: ${effects.join(', ')}`}, plan ${hash.slice(0, 12)}` };
}

/** The plan as a comment on a pull request: what a reviewer must see stands open, the rest folds. `more`: lines of Markdown before it. */
export function renderPlanMarkdown(plan: Plan, more: readonly string[] = []): string {
  const { good, line } = verdictOf(plan);
  const head = [planMarker, `### ${good ? 'Plan' : 'Plan: not valid'}`, '', `${good ? '✅' : '❌'} ${text(line)}`, '', ...more];
  const errors = plan.problems.filter(({ severity }) => severity === 'error');
  const sections = [
    list('Errors', errors.map((problem) => `${code(`${problem.path}:${problem.line}:${problem.column}`)} ${code(problem.code)} ${text(problem.message)}`)),
    list('Data at risk', plan.blastRadius.data.map(({ effect, data, object }) => `**${text(effect.replace('_', ' '))}** ${text(data)} (${code(object)})`)),
    list('Risks', risksInShort(plan.risks).map((risk) => `${code(risk.code)} ${text(risk.message)}`)),
    blastRadius(plan),
    cost(plan),
    folded(`Changes (${counts(plan.summary.objects) ?? 'none'})`, plan.objects.flatMap((change) => [`${signs[change.change]} ${clean(change.path)}`, ...change.fields.map((field) => `    ${clean(field.pointer)}  ${differenceOf(field)}`)])),
    folded(`Rendered (${counts(plan.summary.rendered) ?? 'none'})`, plan.rendered.map((change) => `${signs[change.change]} ${clean(change.cell)}: ${clean(change.objects.length === 0 ? change.path : change.objects.join(', '))}`)),
  ];
  const tail = [...(isPage(plan) ? [`_A page of ${plan.summary.tenants} tenants; \`cameleer plan --base ${plan.base.slice(0, 12)} --head ${(plan.head ?? '').slice(0, 12)} --all\` shows all._`] : []), `Plan ${code(plan.hash)} from ${code(plan.base.slice(0, 12))}${plan.head === undefined ? '' : ` to ${code(plan.head.slice(0, 12))}`}`, ''];
  return fit(head, sections.filter((lines) => lines.length > 0), tail);
}

/** Drops whole sections from the end, so that what is left is still well formed. */
function fit(head: readonly string[], sections: readonly (readonly string[])[], tail: readonly string[]): string {
  const kept = [...sections];
  const whole = (left: readonly string[]) => [...head, ...kept.flat(), ...left, ...tail].join('\n');
  let result = whole([]);
  while (result.length > longestComment && kept.length > 0) {
    kept.pop();
    result = whole(['_The rest is too long for a comment; run `cameleer plan` for all of it._', '']);
  }
  return result;
}

function blastRadius({ blastRadius: radius }: Plan): readonly string[] {
  const rows = (['tenants', 'namespaces', 'created', 'restarted', 'scaled', 'deleted'] as const).filter((key) => radius[key].length > 0);
  if (rows.length === 0) return [];
  return ['| Blast radius | |', '|---|---|', ...rows.map((key) => `| ${key} | ${radius[key].map(code).join(', ')} |`), ''];
}

function cost({ cost: { perMonth, before, after, unknown } }: Plan): readonly string[] {
  if (perMonth.length + unknown.length === 0) return [];
  return [
    '| Cost a month | before | after |', '|---|---|---|',
    ...perMonth.map((price) => `| ${text(price.currency)} | ${price.before.toFixed(2)} | ${price.after.toFixed(2)} |`),
    `| cores | ${before.cores} | ${after.cores} |`,
    `| memory | ${before.memoryGiB} GiB | ${after.memoryGiB} GiB |`,
    ...unknown.map(({ because }) => `| unknown | ${text(because)} | |`),
    '',
  ];
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`**${title}**`, '', ...lines.map((line) => `- ${line}`), ''];
}

/** A fence longer than any run of backticks inside it can't be closed by them. */
function folded(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const longest = Math.max(2, ...lines.map((line) => Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))));
  const fence = '`'.repeat(longest + 1);
  return ['<details>', `<summary>${text(title)}</summary>`, '', `${fence}text`, ...lines, fence, '', '</details>', ''];
}

/** One line, without anything that could move a cursor. */
function clean(value: string): string {
  return value.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(/\p{Cc}/gu, '');
}

function differenceOf({ before, after }: { readonly before?: unknown; readonly after?: unknown }): string {
  if (before === undefined) return shown(after);
  return after === undefined ? `${shown(before)} removed` : `${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  const line = clean(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** Has no width, and breaks no line: what stands on both sides of it is one word to people, and two to whoever looks for links. */
const joiner = '\u2060';

/**
 * Nothing in somebody's text is markup, a mention of a person, or a link, to an address or to an issue. Hosts look for links in the
 * page that they have made of the Markdown, where an escaped character is the character again: so these are parted.
 */
export function text(value: string): string {
  const parted = clean(value).replaceAll(/:(?=\/\/)|\bwww(?=\.)|[@#!]|\b[A-Za-z]{1,10}-(?=\d)/gi, (start) => `${start}${joiner}`);
  return parted.replaceAll(/[\\`*_{}[\]()<>#+!|~&@-]/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

/** As code; a name with a backtick in it is shown as text. */
function code(value: string): string {
  const shown = clean(value);
  return shown.includes('`') || shown.includes('|') ? text(shown) : `\`${shown}\``;
}
