import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFixture } from '../testing/fixture.ts';

test('a process that has run out of files can start no git, says so, stays alive, and goes on when it has some again', async () => {
  const fixture = await makeFixture(1);
  try {
    const child = join(import.meta.dirname, '../testing/no-files.child.ts');
    const output = execFileSync('sh', ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, child, fixture.directory], { encoding: 'utf8' });
    expect(output.trim().split('\n')).toEqual([Array(4).fill('git_failed').join(' '), Array(4).fill('done').join(' ')]);
  } finally {
    await fixture.remove();
  }
});
