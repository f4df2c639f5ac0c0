import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Attempt } from './writers.ts';

const run = promisify(execFile);

export interface PusherOptions {
  /** What `git clone` takes. */
  readonly address: string;
  /** Of all pushers: each has a clone of its own below it. */
  readonly folder: string;
  /** Path of an object's file in the state repository. */
  readonly pathOf: (object: string) => string;
  readonly objects: readonly string[];
  readonly contended: string;
  readonly until: () => boolean;
}

/** An operator with stock git: pulls, changes a file, pushes; what is rejected is dropped and made again on what came meanwhile. */
export async function push(options: PusherOptions, pusher: number): Promise<readonly Attempt[]> {
  const clone = join(options.folder, `pusher-${pusher}`);
  const git = (...args: readonly string[]) => stockGit(clone, args);
  await mkdir(clone, { recursive: true });
  while ((await git('clone', '--quiet', '--branch', 'main', options.address, '.')) === undefined && !options.until());
  const attempts: Attempt[] = [];
  for (let turn = 0; !options.until(); turn += 1) {
    if ((await git('fetch', '--quiet', 'origin', 'main')) === undefined) continue;
    await git('reset', '--quiet', '--hard', 'FETCH_HEAD');
    const object = turn % 4 === 3 ? options.contended : (options.objects[pusher % options.objects.length] ?? '');
    const path = options.pathOf(object);
    const token = `p${pusher}t${turn}`;
    const replaced = (await git('rev-parse', `HEAD:${path}`)) ?? '';
    const text = await readFile(join(clone, path), 'utf8');
    await writeFile(join(clone, path), text.replace(/^( {2}description:).*$/m, `$1 ${token}`));
    await git('commit', '--quiet', '--all', '--message', `Describe ${object} as ${token}`);
    const commit = (await git('rev-parse', 'HEAD')) ?? '';
    attempts.push({ object, token, replaced, commit, ...outcomeOf(await pushed(clone)) });
  }
  return attempts;
}

/** git says `rejected` of a push that was not taken; after a connection that broke nobody knows. */
function outcomeOf(complaint: string | undefined): Pick<Attempt, 'outcome' | 'reason'> {
  if (complaint === undefined) return { outcome: 'acknowledged', reason: 'pushed' };
  const rejected = /\[(?:remote )?rejected\][^\n]*/.exec(complaint)?.[0];
  return { outcome: rejected === undefined ? 'unknown' : 'refused', reason: rejected ?? complaint.trim().split('\n').at(-1) ?? '' };
}

async function pushed(clone: string): Promise<string | undefined> {
  return run('git', ['-C', clone, 'push', '--porcelain', 'origin', 'HEAD:main'], { env: environment(clone), timeout: 60_000 }).then(
    () => undefined,
    (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`,
  );
}

/** `undefined`: it failed. */
async function stockGit(clone: string, args: readonly string[]): Promise<string | undefined> {
  return run('git', ['-C', clone, ...args], { env: environment(clone), timeout: 60_000 }).then(({ stdout }) => stdout.trim(), () => undefined);
}

function environment(clone: string): NodeJS.ProcessEnv {
  const person = { NAME: 'ops', EMAIL: 'ops@acme.example' };
  return {
    PATH: process.env['PATH'], HOME: dirname(clone), GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C',
    GIT_AUTHOR_NAME: person.NAME, GIT_AUTHOR_EMAIL: person.EMAIL, GIT_COMMITTER_NAME: person.NAME, GIT_COMMITTER_EMAIL: person.EMAIL,
  };
}
