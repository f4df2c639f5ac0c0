import { execFileSync } from 'node:child_process';
import type { Attempt } from './writers.ts';

export interface Verdict {
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** How many of the unknown turned out done. */
  readonly unknownDone: number;
  /** What must not be: each a sentence. Empty when nothing was lost, done twice or done in secret. */
  readonly faults: readonly string[];
}

interface Step {
  readonly commit: string;
  readonly before: string;
  readonly object: string;
  readonly token: string;
}

/**
 * Judges a repository by what people were told, with stock git and without the code under test: each acknowledged change is
 * on `main` exactly once, as the commit that was named, and on the version that its writer had read; a refused one is nowhere;
 * each object's head is its last change. `paths`: file → object.
 */
export function judge(repository: string, paths: ReadonlyMap<string, string>, attempts: readonly Attempt[]): Verdict {
  const steps = stepsOf(repository, paths);
  const byToken = Map.groupBy(steps, ({ token }) => token);
  const faults = [...attempts.flatMap((attempt) => faultsOf(attempt, byToken.get(attempt.token) ?? [])), ...strangers(steps, attempts), ...heads(repository, paths, steps)];
  const count = (outcome: Attempt['outcome']) => attempts.filter((attempt) => attempt.outcome === outcome);
  return {
    acknowledged: count('acknowledged').length,
    refused: count('refused').length,
    unknown: count('unknown').length,
    unknownDone: count('unknown').filter(({ token }) => byToken.has(token)).length,
    faults,
  };
}

function faultsOf({ object, token, outcome, commit, replaced, reason }: Attempt, done: readonly Step[]): readonly string[] {
  const name = `${token} on ${object} (${reason})`;
  const [step] = done;
  if (outcome === 'refused') return step === undefined ? [] : [`${name} was refused, and is there as ${step.commit}`];
  if (done.length > 1) return [`${name} was done ${done.length} times`];
  if (step === undefined) return outcome === 'acknowledged' ? [`${name} was acknowledged as ${commit ?? 'nothing'}, and is not there`] : [];
  return [
    ...(outcome === 'acknowledged' && step.commit !== commit ? [`${name} is there as ${step.commit}, not as ${commit ?? 'nothing'}`] : []),
    ...(step.object === object ? [] : [`${name} is on ${step.object}`]),
    ...(step.before === replaced ? [] : [`${name} was written over ${step.before}, which its writer had not read`]),
  ];
}

/** Changes that nobody asked for. */
function strangers(steps: readonly Step[], attempts: readonly Attempt[]): readonly string[] {
  const asked = new Set(attempts.map(({ token }) => token));
  return steps.filter(({ token }) => !asked.has(token)).map(({ commit, token, object }) => `${commit} sets ${object} to ${token}, which nobody asked for`);
}

function heads(repository: string, paths: ReadonlyMap<string, string>, steps: readonly Step[]): readonly string[] {
  const last = new Map(steps.map((step) => [step.object, step]));
  return [...paths].flatMap(([path, object]) => {
    const wanted = last.get(object);
    const found = /^ {2}description: (\S+)$/m.exec(git(repository, ['show', `main:${path}`]))?.[1];
    return wanted === undefined || found === wanted.token ? [] : [`${object} ended as ${found ?? 'nothing'}, not as ${wanted.token} of ${wanted.commit}`];
  });
}

const field = /^([-+]) {2}description: (\S+)$/;

/** Every change of a description along first parents, oldest first. */
function stepsOf(repository: string, paths: ReadonlyMap<string, string>): readonly Step[] {
  const log = git(repository, ['log', '--first-parent', '--reverse', '--diff-merges=first-parent', '--full-index', '--unified=0', '--no-renames', '--format=commit %H', '--patch', 'main']);
  const steps: Step[] = [];
  let at = { commit: '', before: '', object: undefined as string | undefined };
  for (const line of log.split('\n')) {
    const [word = '', value = ''] = line.split(' ');
    if (word === 'commit' && value.length === 40) at = { commit: value, before: '', object: undefined };
    else if (word === 'index') at = { ...at, before: value.slice(0, 40) };
    else if (word === 'diff') at = { ...at, object: paths.get(line.slice(line.lastIndexOf(' b/') + 3)) };
    const [, sign, token] = field.exec(line) ?? [];
    if (sign !== '+' || token === undefined || at.object === undefined || /^0+$/.test(at.before)) continue;
    steps.push({ commit: at.commit, before: at.before, object: at.object, token });
  }
  return steps;
}

function git(repository: string, args: readonly string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] });
}
