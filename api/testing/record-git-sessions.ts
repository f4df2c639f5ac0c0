import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { recordSessions, type WireRequest } from './fuzz-git.ts';
import type { Served } from './serve.ts';

/** Everything that stock git sends when it clones the state and a tenant, whole and in part, and pushes what is refused: no mutation of it may be taken. */
export function recordGitSessions(served: Served, folder: string): Promise<readonly WireRequest[]> {
  mkdirSync(folder, { recursive: true });
  const header = ['-c', `http.extraHeader=Authorization: Bearer ${served.operator}`];
  return recordSessions(served.server.url, async (url) => {
    for (const version of ['0', '2']) {
      const clone = join(folder, `clone-${version}`);
      expect(await runStockGit(folder, ['-c', `protocol.version=${version}`, ...header, 'clone', '--quiet', `${url}/git/state.git`, clone])).toMatchObject({ status: 0 });
      expect(await runStockGit(folder, ['-c', `protocol.version=${version}`, ...header, 'clone', '--quiet', '--depth=1', `${url}/git/tenants/acme.git`, `${clone}-acme`])).toMatchObject({ status: 0 });
    }
    const clone = join(folder, 'clone-2');
    const file = join(clone, 'tenants/ac/acme/settings.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/displayName: .*/, 'displayName: [1]'));
    await runStockGit(clone, ['commit', '--quiet', '-am', 'Break acme']);
    expect((await runStockGit(clone, [...header, 'push', 'origin', 'HEAD:main', 'HEAD:refs/for/main'])).status).not.toBe(0);
  });
}
