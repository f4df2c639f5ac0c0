import { formatProblem, type Problem } from '../../schemas/problem.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { clean } from '../render/table.ts';
import { relocate } from './read-state-folder.ts';
import type { Session } from '../session.ts';

/** For verbs that need a valid state: shows what makes it invalid and answers the exit code. */
export function refuseInvalid(session: Session, problems: readonly Problem[], shown: (path: string) => string): ExitCode {
  const errors = problems.filter(({ severity }) => severity === 'error').map((problem) => relocate(problem, shown));
  session.print({ valid: false, problems: errors }, (palette) =>
    [...errors.map((problem) => clean(formatProblem(problem))), palette.red('the state is not valid: correct what the lines above name, then run it again')].join('\n'),
  );
  return exitCodes.failed;
}
