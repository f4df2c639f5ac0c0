import type { Plan } from '../../engine/types.ts';
import type { Palette } from './palette.ts';
import { clean, fields } from './table.ts';

const signs = { added: '+', modified: '~', deleted: '-' } as const;

/** A plan for people: what changes in Git, what is rendered from it, whom it touches, and what is risky about it. */
export function renderPlan(plan: Plan, palette: Palette): string {
  if (plan.objects.length === 0 && plan.rendered.length === 0) return 'Nothing changes.';
  const sections = [
    section('Changes', plan.objects.flatMap((change) => [mark(palette, change.change, change.path), ...change.fields.map((field) => `      ${clean(field.pointer)}  ${difference(field)}`)])),
    section('Rendered', plan.rendered.map((change) => mark(palette, change.change, `${change.cell}: ${change.objects.length === 0 ? change.path : change.objects.join(', ')}`))),
    section('Blast radius', blastRadius(plan)),
    section('Risks', plan.risks.map(({ code, message }) => `  ${palette.yellow(code)}: ${clean(message)}`)),
    // Notices stand among the risks already.
    section('Problems', plan.problems.filter(({ severity }) => severity === 'error').map((problem) => `  ${clean(`${problem.path}:${problem.line}:${problem.column}: ${problem.code}: ${problem.message}`)}`)),
    `plan ${plan.hash}`,
  ];
  return sections.filter((text) => text !== '').join('\n');
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
