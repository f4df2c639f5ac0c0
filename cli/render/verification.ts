import type { Finding, Verification } from '../../engine/index.ts';
import type { Palette } from './palette.ts';
import { clean, fields } from './table.ts';

const mostAuthors = 10;

/** What was verified, what was found, and the verdict last. */
export function renderVerification({ ok, counts, pushed, findings }: Verification, palette: Palette): string {
  const notPlatform = pushed.slice(0, mostAuthors).map(({ author, commits }) => `  ${commits} by ${clean(author)} (as the commits say; not signed by the platform)`);
  return [
    fields([
      ['commits of main', `${counts.commits}, ${counts.signed} signed by the platform`],
      ['commits of cells', `${counts.rendered} equal to the synthesis of their source${counts.notCheckable === 0 ? '' : `, ${counts.notCheckable} of another version of synth, not checkable by this one`}`],
      ['with approvals', String(counts.approved)],
    ]),
    ...notPlatform,
    ...(pushed.length > mostAuthors ? [`  and ${pushed.length - mostAuthors} other authors`] : []),
    ...findings.map((finding) => renderFinding(finding, palette)),
    verdict(ok, findings, palette),
  ].join('\n');
}

function renderFinding({ severity, code, ref, commit, message }: Finding, palette: Palette): string {
  const paint = { error: palette.red, warning: palette.yellow, note: palette.dim }[severity];
  return `${paint(`${severity}: ${code}`)} ${clean(`${ref}${commit === undefined ? '' : ` ${commit}`}: ${message}`)}`;
}

function verdict(ok: boolean, findings: readonly Finding[], palette: Palette): string {
  const count = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity).length;
  if (!ok) return palette.red(`NOT as it should be: ${count('error')} errors, ${count('warning')} warnings`);
  return palette.green(`as it should be: no errors, ${count('warning')} warnings`);
}
