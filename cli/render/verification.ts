import type { Finding, Verification } from '../../engine/index.ts';
import type { Palette } from './palette.ts';
import { clean, fields } from './table.ts';

const mostAuthors = 10;
const mostOfOneCode = 10;

/** What was verified, what was found, and the verdict last. */
export function renderVerification(verification: Verification, palette: Palette): string {
  const { counts, pushed, findings, range } = verification;
  const notPlatform = pushed.slice(0, mostAuthors).map(({ author, commits }) => `  ${commits} by ${clean(author)} (as the commits say; not signed by the platform)`);
  return [
    fields([
      ['checked', range === undefined ? undefined : checkedOf(range)],
      ['commits of main', `${counts.commits}, ${counts.signed} signed by the platform`],
      ['commits of cells', `${counts.rendered} equal to the synthesis of their source`],
      ['UNPROVED', counts.unproved === 0 ? undefined : `${counts.unproved} commits of cells and agreed plans, not known to be of this version of synth and not compared`],
      ['with approvals', String(counts.approved)],
    ]),
    ...notPlatform,
    ...(pushed.length > mostAuthors ? [`  and ${pushed.length - mostAuthors} other authors`] : []),
    ...[...Map.groupBy(findings, ({ code }) => code).values()].flatMap((group) => renderGroup(group, palette)),
    verdict(verification, palette),
  ].join('\n');
}

/** One change of a key may make hundreds. */
function renderGroup(group: readonly Finding[], palette: Palette): readonly string[] {
  const more = group.length - mostOfOneCode;
  const shown = group.slice(0, mostOfOneCode).map((finding) => renderFinding(finding, palette));
  return more <= 0 ? shown : [...shown, palette.dim(`  and ${more} more of ${group[0]?.code ?? ''} (--json shows all)`)];
}

function renderFinding({ severity, code, ref, commit, message }: Finding, palette: Palette): string {
  const paint = { error: palette.red, warning: palette.yellow, note: palette.dim }[severity];
  return `${paint(`${severity}: ${code}`)} ${clean(`${ref}${commit === undefined ? '' : ` ${commit}`}: ${message}`)}`;
}

function checkedOf({ after, head, given }: NonNullable<Verification['range']>): string {
  if (after === undefined) return `the whole history up to ${head}`;
  return `after ${after} up to ${head}; that commit and the ${given - 1} before it are taken as given, but for what the cells show there`;
}

function verdict({ ok, proved, counts, findings, range }: Verification, palette: Palette): string {
  const count = (severity: Finding['severity']) => {
    const found = findings.filter((finding) => finding.severity === severity).length;
    return `${found} ${severity}${found === 1 ? '' : 's'}`;
  };
  if (!ok) return palette.red(`NOT as it should be: ${count('error')}, ${count('warning')}`);
  const since = range?.after === undefined ? '' : ` since ${range.after.slice(0, 12)}`;
  if (!proved) return palette.yellow(`NOT PROVED${since}: no errors, ${count('warning')}, and ${counts.unproved} that were not compared; verify with the version of this program that made them`);
  return palette.green(`as it should be${since}: no errors, ${count('warning')}`);
}
