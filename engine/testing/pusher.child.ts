import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

// An operator with a clone and `git push`, in a process of its own, until its input ends: changes one file, pushes, and takes
// over what others pushed when it was too late. Tells each push that was accepted; pauses so many milliseconds after each.

const [repository = '', clone = '', path = '', label = '', pause = '5'] = process.argv.slice(2);
const identity = { GIT_AUTHOR_NAME: 'Op', GIT_AUTHOR_EMAIL: 'op@acme.example', GIT_COMMITTER_NAME: 'Op', GIT_COMMITTER_EMAIL: 'op@acme.example', GIT_CONFIG_GLOBAL: '/dev/null' };
const git = (...args: string[]) => execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env['PATH'], ...identity } }).trim();

execFileSync('git', ['clone', '--quiet', '--branch', 'main', repository, clone]);
const ended = new AbortController();
process.stdin.on('end', () => ended.abort()).resume();

function push(turn: number): boolean {
  try {
    git('fetch', '--quiet', 'origin', 'main');
  } catch {
    // Packs were joined under its hands; a person would try again.
    return false;
  }
  git('reset', '--quiet', '--hard', 'origin/main');
  const file = join(clone, path);
  writeFileSync(file, readFileSync(file, 'utf8').replace('  env:\n', `  env:\n    ${label}_${turn}: pushed\n`));
  git('commit', '--quiet', '-a', '-m', `Push ${label} ${turn}`);
  try {
    git('push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  } catch {
    return false;
  }
  writeSync(1, `${git('rev-parse', 'HEAD')} ${label}_${turn}\n`);
  return true;
}

for (let turn = 0; !ended.signal.aborted; ) {
  if (push(turn)) turn += 1;
  await new Promise((resolve) => {
    setTimeout(resolve, Number(pause));
  });
}
