import type { Plan } from '../../engine/index.ts';
import type { PlannedAnswer, RequestAnswer, RequestsAnswer } from '../client/answers.ts';
import { requestConflict } from './conflict.ts';
import type { Palette } from './palette.ts';
import { renderPlan } from './plan.ts';
import { clean, fields, table } from './table.ts';
import { ago } from './time.ts';

type Paint = (palette: Palette) => (text: string) => string;
const marks: Readonly<Record<RequestAnswer['checks'][number]['state'], readonly [sign: string, paint: Paint]>> = {
  passed: ['✓', ({ green }) => green],
  failed: ['✗', ({ red }) => red],
  pending: ['…', ({ yellow }) => yellow],
};
const paints: Readonly<Record<RequestAnswer['status'], Paint>> = { open: ({ yellow }) => yellow, merged: ({ green }) => green, closed: ({ dim }) => dim };

/** A change request for people: what it is, each check, who agreed, what it would do, and the next step. */
export function renderRequest(request: RequestAnswer, palette: Palette, now: Date): string {
  const parts = [
    heading(request, palette, now),
    section(palette, 'Checks', request.checks.flatMap((check) => checkLines(check, palette))),
    section(palette, 'Conflicts', request.conflicts.flatMap(requestConflict)),
    section(palette, 'Approvals', request.approvals.map((approval) => approvalLine(approval, palette, now))),
    request.plan === undefined ? '' : renderPlan(withoutNotices(request.plan), palette),
    nextOf(request, palette),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** What is still open after somebody agreed. */
export function renderApproved(request: RequestAnswer, palette: Palette): string {
  const done = request.status === 'merged' ? ` It is merged as ${(request.mergedCommit ?? '').slice(0, 12)}.` : '';
  return [`${palette.green('✓')} Approved change request ${request.number}: ${clean(request.title)}.${done}`, ...openChecks(request, palette), nextOf(request, palette)].filter((line) => line !== '').join('\n');
}

/** What a dry run has to say of the policies that the write comes under. */
export function renderApprovals(approvals: NonNullable<PlannedAnswer['approvals']>, palette: Palette): string[] {
  return approvals.map(({ tenant, environment, count, roles }) => {
    const who = roles === undefined ? 'who may approve there' : `with the role ${roles.join(' or ')}`;
    return `${palette.yellow('→')} ${clean(`${tenant}/${environment}`)} asks for ${count} ${count === 1 ? 'approval' : 'approvals'} by people ${clean(who)}: it would become a change request.`;
  });
}

function openChecks({ checks }: RequestAnswer, palette: Palette): string[] {
  return checks.filter(({ state }) => state !== 'passed').flatMap((check) => checkLines(check, palette));
}

/** What became of a write that was made a change request: short, the request itself is shown by its own verb. */
export function renderRequested(request: RequestAnswer, palette: Palette): string {
  const what = request.status === 'merged' ? `Merged as ${(request.mergedCommit ?? '').slice(0, 12)}` : 'Nothing has changed yet';
  return [`${palette.yellow('→')} Change request ${request.number}: ${clean(request.title)}. ${what}.`, ...openChecks(request, palette), nextOf(request, palette)].filter((line) => line !== '').join('\n');
}

export function renderRequests({ requests, next }: RequestsAnswer, palette: Palette, now: Date): string {
  if (requests.length === 0) return 'There are no change requests.';
  const rows = requests.map(({ number, status, tenant, title, author, updatedAt }) => [String(number), paints[status](palette)(status), tenant ?? '-', author, ago(updatedAt, now), clean(title)]);
  const older = next === undefined ? [] : [palette.dim(`older: the same command with --before ${next}`)];
  return [table(['NUMBER', 'STATUS', 'TENANT', 'AUTHOR', 'CHANGED', 'TITLE'], rows), ...older].join('\n');
}

/** What nothing enforces yet stands on plan and status; here it would hide what people are to agree to. */
function withoutNotices(plan: Plan): Plan {
  return { ...plan, risks: plan.risks.filter(({ code }) => code !== 'not_enforced_yet') };
}

function heading(request: RequestAnswer, palette: Palette, now: Date): string {
  const { number, title, status, author, branch, commit, revision, createdAt, mergedCommit, settledBy, autoMerge, description, part } = request;
  return [
    `${palette.bold(`Change request ${number}`)} ${paints[status](palette)(status)}: ${clean(title)}`,
    fields([
      ['author', `${author}, ${ago(createdAt, now)}`],
      [status === 'open' ? 'branch' : 'commit', `${status === 'open' ? `${branch} at ` : ''}${commit.slice(0, 12)}${revision > 1 ? `, revision ${revision}` : ''}`],
      ['merge', autoMerge && status === 'open' ? 'by itself, once every check has passed' : undefined],
      ['merged', mergedCommit === undefined ? undefined : `as ${mergedCommit.slice(0, 12)} by ${settledBy ?? 'nobody known'}`],
      ['closed', status === 'closed' ? `by ${settledBy ?? 'nobody known'}` : undefined],
      ['part', part === undefined ? undefined : `what it does to ${part.join(', ')}; the rest is not yours to see`],
      ['why', description === '' ? undefined : clean(description)],
    ]),
  ].join('\n');
}

function section(palette: Palette, title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [palette.bold(title), ...lines].join('\n');
}

function checkLines({ name, state, reason, tenant, environment, because = [] }: RequestAnswer['checks'][number], palette: Palette): string[] {
  const [sign, paint] = marks[state];
  const subject = environment === undefined ? name.replaceAll('_', ' ') : `${name} for ${tenant ?? ''}/${environment}`;
  return [`  ${paint(palette)(sign)} ${subject}: ${clean(reason)}`, ...because.map((sentence) => palette.dim(`      ${clean(sentence)}`))];
}

function approvalLine({ person, approvedAt, counts, reason }: RequestAnswer['approvals'][number], palette: Palette, now: Date): string {
  const [sign, paint] = marks[counts ? 'passed' : 'failed'];
  return `  ${paint(palette)(sign)} ${person}, ${ago(approvedAt, now)}${reason === undefined ? '' : `: ${clean(reason)}`}`;
}

function nextOf({ number, status, mergeable, conflicts, checks, part }: RequestAnswer, palette: Palette): string {
  if (status !== 'open') return '';
  if (mergeable) return palette.dim(part === undefined ? `next: cameleer request merge ${number}` : 'next: an operator merges it');
  if (conflicts.length > 0) return palette.dim(`next: its author reads the files again, then runs cameleer request update ${number} --filename FILE`);
  const waits = checks.some(({ name, state }) => name === 'approved' && state === 'pending');
  return waits ? palette.dim(`next: others run cameleer request approve ${number}`) : '';
}
