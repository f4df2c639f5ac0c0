import { GitError } from './git-error.ts';
import { EMPTY_TREE } from './object-id.ts';
import { spawnGit } from './run-git.ts';

export interface LoggedChange {
  readonly commit: string;
  /** Of the committer, seconds since 1970. */
  readonly seconds: number;
  readonly committerEmail: string;
  readonly authorName: string;
  readonly authorEmail: string;
  readonly message: string;
  /** Of the files that differ from the first parent; of a first commit all. */
  readonly paths: readonly string[];
}

/** Fields after the marker. No field and no path can hold NUL, and no path is empty, so an empty token begins a commit. */
const format = 'tformat:%x00%H%x00%ct%x00%ce%x00%an%x00%ae%x00%B';
const fieldCount = 6;

/**
 * git holds all that differs before it says the first of it: here some 800,000 files, in 300 MB. A few small trees that name each
 * other stand for any number.
 */
const largestList = { GIT_ALLOC_LIMIT: '8m' };
/** Of a message so much is looked at; everything else is shorter. */
const longestToken = 1024 * 1024;

/** Ids along first parents, newest first, until the caller stops. */
export async function* firstParents(directory: string, from: string): AsyncGenerator<string> {
  for await (const line of tokens(directory, ['rev-list', '--first-parent', from], { separator: 0x0a })) yield line;
}

/**
 * What each commit changed against its first parent, in the order given. One git for all of them, and another one after a
 * commit whose trees git can't compare, or that changes more than it may hold: that one counts as if it changed no file.
 */
export async function* changesOf(directory: string, commits: readonly string[]): AsyncGenerator<LoggedChange> {
  let done = 0;
  while (done < commits.length) {
    try {
      for await (const change of comparedBy(directory, commits.slice(done))) {
        yield change;
        done += 1;
      }
      return;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      yield await alone(directory, commits[done] ?? '');
      done += 1;
    }
  }
}

/** The next after those that came: damaged, or the one before the damaged one, of which git had not said where it ends. */
async function alone(directory: string, commit: string): Promise<LoggedChange> {
  try {
    for await (const change of comparedBy(directory, [commit])) return change;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
  return byTrees(directory, commit);
}

/** Under the limit git can read no commit of a longer message, but compare its trees. Throws `git_failed` for a commit that git can't read at all. */
async function byTrees(directory: string, commit: string): Promise<LoggedChange> {
  const fields: string[] = [];
  for await (const token of tokens(directory, ['rev-list', '--max-count=1', '--no-commit-header', '--encoding=UTF-8', `--format=${format}%x00`, commit], { separator: 0 })) fields.push(token);
  const trees: string[] = [];
  for await (const tree of tokens(directory, ['rev-list', '--max-count=2', '--first-parent', '--no-commit-header', '--format=%T', commit], { separator: 0x0a })) trees.push(tree);
  const [after = EMPTY_TREE, before = EMPTY_TREE] = trees;
  return changeOf(fields.slice(1, fieldCount + 1), await pathsBetween(directory, before, after));
}

async function pathsBetween(directory: string, before: string, after: string): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    for await (const path of tokens(directory, ['diff-tree', '-r', '-z', '--name-only', '--no-renames', before, after], { separator: 0, environment: largestList })) paths.push(path);
    return paths;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return [];
  }
}

async function* comparedBy(directory: string, commits: readonly string[]): AsyncGenerator<LoggedChange> {
  const args = ['diff-tree', '--stdin', '-r', '-z', '--root', '--name-only', '--no-renames', '--diff-merges=first-parent', '--always', '--encoding=UTF-8', `--format=${format}`];
  let fields: string[] | undefined;
  let paths: string[] = [];
  for await (const token of tokens(directory, args, { separator: 0, input: `${commits.join('\n')}\n`, environment: largestList })) {
    if (token === '' && (fields === undefined || fields.length === fieldCount)) {
      if (fields !== undefined) yield changeOf(fields, paths);
      [fields, paths] = [[], []];
    } else if (fields !== undefined && fields.length < fieldCount) fields.push(token);
    // A line break parts the message from the first path.
    else paths.push(paths.length === 0 && token.startsWith('\n') ? token.slice(1) : token);
  }
  if (fields !== undefined) yield changeOf(fields, paths);
}

function changeOf([commit = '', seconds = '', committerEmail = '', authorName = '', authorEmail = '', message = '']: readonly string[], paths: readonly string[]): LoggedChange {
  return { commit, seconds: Number(seconds), committerEmail, authorName, authorEmail, message, paths };
}

/** Output cut at a byte, as it comes, each piece cut off where it gets too long; memory holds one piece. Whoever stops early ends the process. Throws `git_failed`. */
async function* tokens(directory: string, args: readonly string[], options: { readonly separator: number; readonly input?: string; readonly environment?: Readonly<Record<string, string>> }): AsyncGenerator<string> {
  const child = spawnGit(directory, args, options.environment);
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (cause) => reject(new GitError('git_failed', 'git could not be started. Install git 2.39 or newer.', { cause })));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  ended.catch(() => {});
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = buffer.indexOf(options.separator); end >= 0; end = buffer.indexOf(options.separator, start)) {
        yield buffer.toString('utf8', start, Math.min(end, start + longestToken));
        start = end + 1;
      }
      rest = buffer.subarray(start, start + longestToken);
    }
    const status = await ended;
    if (status !== 0) throw new GitError('git_failed', `git ${args[0] ?? ''} ended with ${String(status)}.`, { cause: new Error(Buffer.concat(complaints).toString('utf8').trim()) });
  } finally {
    child.kill();
  }
}
