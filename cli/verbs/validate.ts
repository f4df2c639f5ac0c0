import { formatProblem, hasErrors, type Problem } from '../../schemas/problem.ts';
import { validateState } from '../../schemas/validate-state.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { readStateFolder, relocate } from '../offline/read-state-folder.ts';
import type { Palette } from '../render/palette.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';

/** Every problem as `path:line:column: code: message`, notices before errors, then a line that sums up; fails when there is an error. */
export async function validate(session: Session, folder: string): Promise<ExitCode> {
  const { files, shown } = await readStateFolder(session.io.cwd, folder);
  const problems = validateState(files).map((problem) => relocate(problem, shown));
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const valid = !hasErrors(problems);
  session.print({ valid, errors, notices: problems.length - errors, files: files.length, problems }, (palette) =>
    [...noticesFirst(problems).map((problem) => line(problem, palette)), summary({ files: files.length, errors, notices: problems.length - errors }, palette)].join('\n'),
  );
  return valid ? exitCodes.ok : exitCodes.failed;
}

/** The errors stand beside the summary, where the eye is. */
function noticesFirst(problems: readonly Problem[]): readonly Problem[] {
  const isError = ({ severity }: Problem): boolean => severity === 'error';
  return [...problems.filter((problem) => !isError(problem)), ...problems.filter(isError)];
}

function line(problem: Problem, palette: Palette): string {
  const text = clean(formatProblem(problem));
  return problem.severity === 'error' ? text : palette.dim(`${text} (notice)`);
}

function summary({ files, errors, notices }: { files: number; errors: number; notices: number }, palette: Palette): string {
  const noticed = notices === 0 ? '' : `, ${counted(notices, 'notice')}`;
  if (errors === 0) return `${palette.green('valid')}: ${counted(files, 'file')}${noticed}`;
  return `${palette.red('not valid')}: ${counted(errors, 'error')} in ${counted(files, 'file')}${noticed}; correct what the lines above name, then run it again`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
