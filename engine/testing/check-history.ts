import { expect } from 'vitest';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deployment, key } from './fixture.ts';
import type { Fixture } from './fixture.ts';
import { openEngine } from '../index.ts';
import type { Engine } from '../index.ts';
import type { Report } from './replicas.ts';
import { stockGit } from './stock-git.ts';

/**
 * What was answered decides: each acknowledged request is on `main` once, as the commit that was named, and its field in the
 * head, unless a later one set it; each refused request is nowhere. `git` runs on what is true.
 */
export async function checkHistory(engine: Engine, git: Fixture['git'], { acknowledged, refused }: Pick<Report, 'acknowledged' | 'refused'>): Promise<void> {
  const lines = git(['log', '--first-parent', '--format=%H %(trailers:key=Request-Id,valueonly,separator=%x20)', 'main']).split('\n');
  const commits = new Map<string, string[]>();
  for (const line of lines) {
    const [commit = '', requestId = ''] = line.split(' ');
    commits.set(requestId, [...(commits.get(requestId) ?? []), commit]);
  }
  const wrong = acknowledged.filter(({ commit, requestId }) => commits.get(requestId)?.join() !== commit);
  expect(wrong).toEqual([]);
  expect(refused.filter(({ code, requestId }) => code !== 'outcome_unknown' && commits.has(requestId))).toEqual([]);
  expect([...commits].filter(([requestId, found]) => requestId !== '' && found.length > 1)).toEqual([]);
  const order = new Map(lines.map((line, index) => [line.split(' ')[1] ?? '', index]));
  const newest = new Map<string, (typeof acknowledged)[number]>();
  for (const answer of acknowledged) {
    const slot = `${answer.tenant} ${answer.field}`;
    const other = newest.get(slot);
    if (other === undefined || (order.get(answer.requestId) ?? 0) < (order.get(other.requestId) ?? 0)) newest.set(slot, answer);
  }
  for (const { tenant, field, requestId } of newest.values()) expect((await engine.get(deployment(tenant)))?.object.spec.env).toMatchObject({ [field]: requestId });
}

/** The cells that an engine makes of `main` alone: branches and their trees. */
export async function cellsMadeAgain({ directory, folder }: Fixture): Promise<string> {
  const copy = join(folder, 'again.git');
  await cp(directory, copy, { recursive: true });
  stockGit(copy, ['for-each-ref', '--format=delete %(refname)', 'refs/heads/cells']).split('\n').forEach((line) => stockGit(copy, ['update-ref', '-d', line.slice('delete '.length)]));
  await rm(join(copy, 'cameleer-rendered.json'), { force: true });
  const engine = await openEngine({ directory: copy, signingKey: key.private, authorize: () => {}, now: () => new Date() });
  await engine.close();
  return stockGit(copy, ['for-each-ref', '--format=%(refname:short) %(tree)', 'refs/heads/cells']);
}
