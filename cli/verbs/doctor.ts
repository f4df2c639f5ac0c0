import { resolve } from 'node:path';
import { examine, type Finding } from '../../workflows/index.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Palette } from '../render/palette.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';
import { keysOf, repositoryOf, signersOf } from './platform-keys.ts';

export interface DoctorOptions {
  readonly data?: string;
  readonly repair?: boolean;
}

/** Each finding with what it means and what to do; fails when there is an error that was not repaired. */
export async function doctor(session: Session, { data, repair = false }: DoctorOptions): Promise<ExitCode> {
  const { io } = session;
  const directory = resolve(io.cwd, data ?? session.dataDirectory);
  const url = io.env['CAMELEER_DATABASE_URL'] ?? '';
  const findings = await examine({ directory, repository: repositoryOf(io, directory), keys: keysOf(io, directory), signers: await signersOf(io, directory, undefined), repair, now: () => io.now(), ...(url === '' ? {} : { databaseUrl: url }) });
  const broken = findings.filter(({ severity, repaired }) => severity === 'error' && !repaired).length;
  session.print({ sound: broken === 0, findings }, (palette) => [...grouped(findings).flatMap((group) => text(group, palette)), summary(findings, broken, palette)].join('\n'));
  return broken === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Findings of one code are explained once. */
function grouped(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  return [...Map.groupBy(findings, ({ code, repaired }) => `${code} ${String(repaired)}`).values()];
}

const shown = 5;

function text(group: readonly Finding[], palette: Palette): readonly string[] {
  const [{ code, severity, means, todo, repaired } = { code: '', severity: 'notice', means: '', todo: '', repaired: false }] = group;
  const word = repaired ? palette.green('repaired') : severity === 'error' ? palette.red('error') : palette.dim('notice');
  const places = group.slice(0, shown).map(({ where }) => `  ${clean(where)}`);
  return [`${word}: ${code}: ${means}`, ...places, ...(group.length > shown ? [`  and ${group.length - shown} more (--json shows all)`] : []), ...(repaired ? [] : [`  do: ${todo}`])];
}

function summary(findings: readonly Finding[], broken: number, palette: Palette): string {
  if (broken > 0) return `${palette.red('not sound')}: ${broken} error${broken === 1 ? '' : 's'}`;
  return `${palette.green('sound')}${findings.length === 0 ? '' : `, with ${findings.length} finding${findings.length === 1 ? '' : 's'} above`}`;
}
