import type { AccessRow } from '../../access/review.ts';
import type { AccessReview } from '../verbs/audit-access.ts';
import type { Palette } from './palette.ts';
import { clean, table } from './table.ts';

export interface AccessChange {
  readonly tenant: string;
  readonly environment: string;
  readonly subject: string;
  readonly kind: AccessRow['kind'];
  readonly team?: string;
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** Rows whose actions differ between two reviews, in order. */
export function compareAccess(before: readonly AccessRow[], after: readonly AccessRow[]): readonly AccessChange[] {
  const [old, current] = [byPlace(before), byPlace(after)];
  return [...new Map([...old, ...current])].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, { tenant, environment, subject, kind, team }]) => {
    const [was, is] = [new Set<string>(old.get(key)?.actions), new Set<string>(current.get(key)?.actions)];
    const [gained, lost] = [[...is].filter((action) => !was.has(action)), [...was].filter((action) => !is.has(action))];
    return gained.length + lost.length === 0 ? [] : [{ tenant, environment, subject, kind, ...(team === undefined ? {} : { team }), gained, lost }];
  });
}

function byPlace(rows: readonly AccessRow[]): Map<string, AccessRow> {
  return new Map(rows.map((row) => [JSON.stringify([row.tenant, row.kind, row.subject, row.environment, row.team ?? '']), row]));
}

const columns = ['TENANT', 'SUBJECT', 'KIND', 'ENVIRONMENT', 'TEAM', 'ROLES', 'MAY'];

export function renderAccess({ rows, commit, at }: AccessReview, format: 'table' | 'csv'): string {
  const cells = rows.map((row) => [row.tenant, row.subject, row.kind, row.environment, row.team ?? '', roles(row), row.actions.join(' ')]);
  return format === 'csv' ? csv(columns, cells) : [`As of ${at}, commit ${commit}`, table(columns, cells.map((line) => line.map(clean)))].join('\n');
}

function roles({ kind, bindings }: AccessRow): string {
  if (kind === 'operator' || kind === 'auditor') return kind;
  return bindings.map(({ role, environments, teams }) => `${role} (${environments.join(' ')}${teams === undefined ? '' : `; teams ${teams.join(' ')}`})`).join(', ');
}

export function renderAccessChanges({ before, after, changes }: { readonly before: AccessReview; readonly after: AccessReview; readonly changes: readonly AccessChange[] }, format: 'table' | 'csv', palette: Palette): string {
  if (format === 'csv') {
    return csv(['TENANT', 'SUBJECT', 'KIND', 'ENVIRONMENT', 'TEAM', 'GAINED', 'LOST'], changes.map(({ tenant, subject, kind, environment, team, gained, lost }) => [tenant, subject, kind, environment, team ?? '', gained.join(' '), lost.join(' ')]));
  }
  const head = `From ${before.at} (commit ${before.commit.slice(0, 12)}) to ${after.at} (commit ${after.commit.slice(0, 12)})`;
  if (changes.length === 0) return `${head}: nobody’s rights differ.`;
  const rows = changes.map(({ tenant, subject, kind, environment, team = '', gained, lost }) => [
    ...[tenant, subject, kind, environment, team].map(clean),
    [...gained.map((action) => palette.green(`+${clean(action)}`)), ...lost.map((action) => palette.red(`-${clean(action)}`))].join(' '),
  ]);
  return [head, table(['TENANT', 'SUBJECT', 'KIND', 'ENVIRONMENT', 'TEAM', 'CHANGED'], rows)].join('\n');
}

/** RFC 4180, with what a spreadsheet would take for a formula made text. */
function csv(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const field = (text: string) => `"${clean(text).replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  return [headers, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
