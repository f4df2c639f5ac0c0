/** Where in a file: lines and columns count from 1, columns in UTF-16 code units; `pointer` is RFC 6901. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
}

/**
 * Something wrong in a state checkout. `message` is one or two sentences: what is wrong, then what to do.
 * `error` makes the tenant invalid; `notice` is only shown (`not_enforced_yet`).
 */
export interface Problem extends Position {
  readonly code: string;
  readonly severity: 'error' | 'notice';
  readonly path: string;
  readonly message: string;
}

/** `path:line:column: code: message`, the form that editors and CI turn into links. */
export function formatProblem(problem: Problem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.code}: ${problem.message}`;
}

/** File order, then position, then code: the same problems always print the same way. */
export function compareProblems(a: Problem, b: Problem): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}
