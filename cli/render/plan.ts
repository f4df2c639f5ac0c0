import type { CostEffect, Plan, RenderedChange } from '../../engine/index.ts';
import { counts, isPage } from '../../workflows/git-hosts/plan-counts.ts';
import { risksInShort } from '../../workflows/git-hosts/risks-in-short.ts';
import type { Palette } from './palette.ts';
import { clean, fields } from './table.ts';

const signs = { added: '+', modified: '~', deleted: '-' } as const;

/** A plan for people: what changes in Git, what is rendered from it, whom it touches, what it costs, and what is risky about it. */
export function renderPlan(plan: Plan, palette: Palette): string {
  if (nothingIn(plan)) return 'Nothing changes.';
  const sections = [
    section('Summary', isPage(plan) ? summary(plan) : []),
    section('Changes', plan.objects.flatMap((change) => [mark(palette, change.change, change.path), ...change.fields.map((field) => `      ${clean(field.pointer)}  ${difference(field)}`)])),
    section('Rendered', plan.rendered.flatMap((change) => rendered(change, palette))),
    section('Blast radius', blastRadius(plan)),
    section('Data at risk', plan.blastRadius.data.map(({ object, effect, data }) => `  ${palette.red(effect.replace('_', ' '))} ${clean(`${data} (${object})`)}`)),
    section('Cost a month', cost(plan.cost)),
    section('Risks', risksInShort(plan.risks).map(({ code, message }) => `  ${palette.yellow(code)}: ${clean(message)}`)),
    // Notices stand among the risks already.
    section('Problems', plan.problems.filter(({ severity }) => severity === 'error').map((problem) => `  ${clean(`${problem.path}:${problem.line}:${problem.column}: ${problem.code}: ${problem.message}`)}`)),
    plan.next === undefined ? '' : palette.dim(`more tenants follow after ${plan.next}: --after ${plan.next} for the next page, --tenant for one, --all for all`),
    // A refused plan has nothing in it to agree to.
    plan.summary.errors > 0 && plan.objects.length === 0 ? '' : `plan ${plan.hash}`,
  ];
  return sections.filter((text) => text !== '').join('\n');
}

function nothingIn({ objects, rendered: files, problems, summary: { tenants } }: Plan): boolean {
  return objects.length + files.length + problems.length === 0 && tenants === 0;
}

function summary({ summary: { tenants, namespaces, workloads, objects, rendered: files, data, errors, largest } }: Plan): string[] {
  const effects = Object.entries(workloads).filter(([, count]) => count > 0).map(([effect, count]) => `${count} ${effect}`);
  return [
    fields([
      ['tenants', String(tenants)],
      ['namespaces', String(namespaces)],
      ['workloads', effects.length === 0 ? undefined : effects.join(', ')],
      ['objects', counts(objects)],
      ['rendered', counts(files)],
      ['data at risk', data === 0 ? undefined : String(data)],
      ['errors', errors === 0 ? undefined : String(errors)],
      ['largest', largest.length === 0 ? undefined : largest.map(({ tenant, workloads: count }) => `${tenant} (${count})`).join(', ')],
    ]),
  ];
}

function rendered(change: RenderedChange, palette: Palette): string[] {
  const title = mark(palette, change.change, `${change.cell}: ${change.objects.length === 0 ? change.path : change.objects.join(', ')}`);
  return [title, ...(change.diff ?? '').split('\n').filter((line) => line !== '').map((line) => `      ${diffLine(line, palette)}`)];
}

function diffLine(line: string, palette: Palette): string {
  const text = clean(line);
  if (text.startsWith('@@')) return palette.dim(text);
  if (text.startsWith('+')) return palette.green(text);
  return text.startsWith('-') ? palette.red(text) : text;
}

function cost({ before, after, perMonth, unknown }: CostEffect): string[] {
  if (perMonth.length + unknown.length === 0) return [];
  const rows = [
    ...perMonth.map((price) => [price.currency, `${price.before.toFixed(2)} → ${price.after.toFixed(2)}`] as const),
    ...unknown.map(({ because, tenants }) => ['unknown', `${clean(because)}${tenants > 1 ? ` (${tenants} tenants)` : ''}`] as const),
    ['reserved', `${before.cores} → ${after.cores} cores, ${before.memoryGiB} → ${after.memoryGiB} GiB`] as const,
  ];
  return [fields(rows)];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function mark(palette: Palette, change: keyof typeof signs, text: string): string {
  const paint = { added: palette.green, modified: palette.yellow, deleted: palette.red }[change];
  return `  ${paint(signs[change])} ${clean(text)}`;
}

function difference(field: { readonly before?: unknown; readonly after?: unknown }): string {
  if (field.before === undefined) return show(field.after);
  return field.after === undefined ? `${show(field.before)} removed` : `${show(field.before)} → ${show(field.after)}`;
}

function show(value: unknown): string {
  const text = clean(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function blastRadius({ blastRadius: radius }: Plan): string[] {
  const rows = (['tenants', 'namespaces', 'created', 'restarted', 'scaled', 'deleted'] as const).map((key) => [key, radius[key].length === 0 ? undefined : radius[key].join(', ')] as const);
  const text = fields(rows);
  return text === '' ? [] : [text];
}
