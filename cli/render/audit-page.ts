import type { ExportedRecord } from '../verbs/audit-export.ts';

export interface ExportFrame {
  readonly from: string;
  readonly to: string;
  readonly tenant: string | undefined;
  readonly made: string;
  readonly names: boolean;
}

/** What has been written so far: the totals stand at the end, because the page is written as it comes. */
export interface Totals {
  commits: number;
  signed: number;
  notSigned: number;
  invalid: number;
  quarantined: number;
  approved: number;
  day: string;
}

export function startTotals(): Totals {
  return { commits: 0, signed: 0, notSigned: 0, invalid: 0, quarantined: 0, approved: 0, day: '' };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text of the repository as text: no mark-up, no controls, no change of writing direction. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '').replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

const style = `
  :root { color-scheme: light; }
  body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
  p { max-width: 50rem; }
  table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
  th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ddd; }
  thead th { border-bottom: 2px solid #666; font-size: .8rem; text-transform: uppercase; letter-spacing: .04em; color: #444; }
  tr.day th { background: #f2f2f2; font-size: 1rem; }
  code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
  small { color: #555; display: block; }
  ul { margin: .25rem 0 0; padding-left: 1.1rem; }
  .good { color: #14692c; } .bad { color: #a11212; font-weight: 600; } .plain { color: #6b4e00; }
  @media print { body { margin: 0; font-size: 10px; max-width: none; } thead { display: table-header-group; } tr { break-inside: avoid; } tr.day { break-after: avoid; } }
`;

/** No script, nothing from elsewhere: it reads the same in ten years. */
export function pageHead({ from, to, tenant, made, names }: ExportFrame): string {
  const title = `Changes ${tenant === undefined ? 'of the whole state' : `of ${escapeHtml(tenant)}`}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${title}, ${escapeHtml(from)} to ${escapeHtml(to)}</title><style>${style}</style></head><body>
<h1>${title}</h1>
<p>From ${escapeHtml(from)} until before ${escapeHtml(to)}, newest first; times are UTC. Made ${escapeHtml(made)}Z from the state repository, where every commit named here can be read.
People are named by ${names ? 'the names that the ledger had when this was made, beside their' : 'their'} opaque ids. “Platform” is the platform’s signature on the commit: its word about who asked for the change. A commit without it was pushed; its author is who it says.</p>
<table><thead><tr><th>Time</th><th>Who</th><th>What</th><th>Signed</th><th>Checks</th></tr></thead><tbody>
`;
}

export function pageRow(record: ExportedRecord, totals: Totals): string {
  const day = record.at.slice(0, 10);
  const heading = day === totals.day ? '' : `<tr class="day"><th colspan="5" scope="rowgroup">${escapeHtml(day)}</th></tr>\n`;
  count(record, totals, day);
  const door = record.trailers['Cameleer-Door']?.[0];
  const who = record.authorName === undefined ? `<code>${escapeHtml(record.author)}</code>` : `${escapeHtml(record.authorName)}<small><code>${escapeHtml(record.author)}</code></small>`;
  const action = record.trailers['Cameleer-Action']?.[0];
  const paths = record.paths.length > 8 ? [...record.paths.slice(0, 8), `and ${record.paths.length - 8} more files`] : record.paths;
  return `${heading}<tr><td>${escapeHtml(record.at.slice(11, 19))}<small><code>${escapeHtml(record.commit.slice(0, 12))}</code></small></td>
<td>${who}<small>${escapeHtml(door === undefined ? 'by push' : `by ${door}`)}</small></td>
<td>${escapeHtml(record.subject)}${action === undefined ? '' : `<small>${escapeHtml(action)}</small>`}<ul>${paths.map((path) => `<li><code>${escapeHtml(path)}</code></li>`).join('')}</ul></td>
<td>${signature(record)}</td><td>${checks(record)}</td></tr>
`;
}

function count(record: ExportedRecord, totals: Totals, day: string): void {
  totals.day = day;
  totals.commits += 1;
  if (record.signature === 'platform') totals.signed += 1;
  else if (record.signature === 'none') totals.notSigned += 1;
  else totals.invalid += 1;
  if (record.verdict === 'quarantined') totals.quarantined += 1;
  if (record.trailers['Approved-By'] !== undefined) totals.approved += 1;
}

function signature({ signature: state }: ExportedRecord): string {
  if (state === 'platform') return '<span class="good">Platform</span>';
  return state === 'none' ? '<span class="plain">Not signed</span>' : '<span class="bad">Not valid, or another key</span>';
}

function checks({ verdict, quarantines, trailers, rendered, approverNames }: ExportedRecord): string {
  const held = quarantines.map(({ tenant, commit }) => `${tenant} held at ${/^0+$/.test(commit) ? 'nothing' : commit.slice(0, 12)}`);
  const parts = [
    verdict === 'accepted' ? '<span class="good">Accepted</span>' : '<span class="bad">Quarantined</span>',
    ...held.map((text) => `<small>${escapeHtml(text)}</small>`),
    ...(trailers['Change-Request'] ?? []).map((number) => `<small>Change request ${escapeHtml(number)}</small>`),
    ...(trailers['Approved-By'] ?? []).map((person) => `<small>Approved by ${approver(person, approverNames?.[person])}</small>`),
    ...(trailers['Plan-Hash'] ?? []).map((hash) => `<small>Plan <code>${escapeHtml(hash.slice(0, 19))}…</code></small>`),
    ...rendered.map(({ cell, commit }) => `<small>Rendered to ${escapeHtml(cell)} as <code>${escapeHtml(commit.slice(0, 12))}</code></small>`),
  ];
  return parts.join('');
}

function approver(id: string, name: string | undefined): string {
  return `${name === undefined ? '' : `${escapeHtml(name)} `}<code>${escapeHtml(id)}</code>`;
}

export function pageEnd({ commits, signed, notSigned, invalid, quarantined, approved }: Totals): string {
  const rows = [
    ['Commits', commits], ['Signed by the platform', signed], ['Not signed (pushed)', notSigned], ['With a signature that is not valid, or of another key', invalid],
    ['That the checks held back', quarantined], ['With approvals', approved],
  ].map(([name, number]) => `<tr><th scope="row">${name}</th><td>${number}</td></tr>`);
  return `</tbody></table>
<h1>Totals</h1>
<table><tbody>${rows.join('')}</tbody></table>
<p>This page is a reading aid. What proves it is the repository: <code>cameleer audit verify</code> checks a clone of it with the platform’s public keys alone.</p>
</body></html>
`;
}
