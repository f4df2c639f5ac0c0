import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, EMPTY_TREE, encodeCommit, ObjectDraft, openHosted, openRepository, ZERO_ID } from './index.ts';
import type { Repository } from './index.ts';
import { startGitHttpServer } from '../testing/git-http-server.ts';
import { stockGit } from '../testing/stock-git.ts';

interface Place {
  /** Opened twice, as by two processes. */
  readonly repositories: readonly [Repository, Repository];
  /** Where the truth is. */
  readonly truth: string;
  close(): Promise<void>;
}

const main = 'refs/heads/main';
const stamp = { name: 'usr_x', email: 'usr_x@users.noreply.cameleer.io', seconds: 1_700_000_000, zone: '+0000' };

async function makeTruth(): Promise<string> {
  const truth = join(await mkdtemp(join(tmpdir(), 'cameleer-repository-')), 'state.git');
  await createRepository(truth);
  stockGit(truth, ['config', 'http.receivepack', 'true']);
  stockGit(truth, ['update-ref', main, stockGit(truth, ['commit-tree', EMPTY_TREE, '-m', 'First'])]);
  return truth;
}

async function closeAll(truth: string, ...open: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const each of open) await each.close();
  await rm(join(truth, '..'), { recursive: true });
}

async function bare(): Promise<Place> {
  const truth = await makeTruth();
  const [one, two] = [await openRepository(truth, new Date()), await openRepository(truth, new Date())];
  return { repositories: [one, two], truth, close: () => closeAll(truth, one, two) };
}

async function hosted(): Promise<Place> {
  const truth = await makeTruth();
  const host = await startGitHttpServer(join(truth, '..'), 'secret');
  const open = (mirror: string) => openHosted({ directory: join(truth, '..', mirror), remote: { url: `${host.url}/state.git`, token: 'secret' }, now: () => new Date(), random: Math.random, onError: () => {} });
  const [one, two] = [await open('one.git'), await open('two.git')];
  return { repositories: [one, two], truth, close: () => closeAll(truth, one, two, host) };
}

/** A commit on top of another, in one repository's objects. */
async function commitOn(repository: Repository, parent: string | undefined, message: string): Promise<string> {
  const draft = new ObjectDraft(repository.objects);
  const id = draft.add('commit', encodeCommit({ tree: EMPTY_TREE, parents: parent === undefined ? [] : [parent], author: stamp, committer: stamp, message }, undefined));
  draft.add('tree', Buffer.alloc(0));
  await repository.objects.write(draft.objects());
  return id;
}

describe.each([['a folder', bare], ['a Git host', hosted]])('a repository in %s', (_, make) => {
  let place: Place;
  let one: Repository;
  let two: Repository;
  const at = (name: string) => stockGit(place.truth, ['for-each-ref', '--format=%(objectname)', name]) || undefined;

  beforeAll(async () => {
    place = await make();
    [one, two] = place.repositories;
  });
  afterAll(() => place.close());

  test('moves a ref from the value that is given, and from no other', async () => {
    const before = (await one.reference(main))!;
    const after = await commitOn(one, before, 'Second');
    await one.move({ name: main, before, after }, new Date());
    expect([at(main), await one.reference(main)]).toEqual([after, after]);
    const late = await commitOn(two, before, 'Late');
    await expect(two.move({ name: main, before, after: late }, new Date())).rejects.toMatchObject({ code: 'ref_moved' });
    expect([at(main), await two.reference(main)]).toEqual([after, after]);
  });

  test('lets one of two win who move a ref at once', async () => {
    const before = (await one.reference(main))!;
    await two.refresh(performance.now());
    const commits = [await commitOn(one, before, 'One'), await commitOn(two, before, 'Two')] as const;
    const results = await Promise.allSettled([one, two].map((repository, index) => repository.move({ name: main, before, after: commits[index]! }, new Date())));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(at(main)).toBe(commits[results.findIndex(({ status }) => status === 'fulfilled')]);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ref_moved' } });
  });

  test('does not roll forward a ref that somebody has set back', async () => {
    await one.refresh(performance.now());
    const before = (await one.reference(main))!;
    const after = await commitOn(one, before, 'On what is gone');
    const back = stockGit(place.truth, ['rev-parse', `${main}^`]);
    stockGit(place.truth, ['update-ref', main, back]);
    await expect(one.move({ name: main, before, after }, new Date())).rejects.toMatchObject({ code: 'ref_moved' });
    expect(at(main)).toBe(back);
    expect(await one.reference(main)).toBe(back);
  });

  test('knows after a refresh what others have done, and has their objects', async () => {
    await one.refresh(performance.now());
    const before = (await one.reference(main))!;
    const after = stockGit(place.truth, ['commit-tree', EMPTY_TREE, '-p', before, '-m', 'By hand']);
    stockGit(place.truth, ['update-ref', main, after]);
    await one.refresh(performance.now());
    expect(await one.reference(main)).toBe(after);
    expect((await one.objects.commit(after)).parents).toEqual([before]);
  });

  test('publishes what can be made again, and says what it has moved', async () => {
    await one.refresh(performance.now());
    const head = (await one.reference(main))!;
    const [a, b] = [await commitOn(one, head, 'A'), await commitOn(one, head, 'B')];
    const updates = [{ name: 'refs/heads/cells/a', before: undefined, after: a }, { name: 'refs/heads/cells/b', before: undefined, after: b }];
    expect(await one.publish(updates, new Date())).toEqual(new Set(updates.map(({ name }) => name)));
    expect([at('refs/heads/cells/a'), at('refs/heads/cells/b')]).toEqual([a, b]);
    expect([...(await one.references('refs/heads/cells/')).keys()]).toEqual(updates.map(({ name }) => name));
    const other = await commitOn(two, head, 'Other');
    expect(await two.publish([{ name: 'refs/heads/cells/a', before: undefined, after: other }], new Date())).toEqual(new Set());
    expect(at('refs/heads/cells/a')).toBe(a);
    expect(await two.reference('refs/heads/cells/a')).toBe(a);
  });

  test('replaces and takes away a branch that is not main', async () => {
    await one.refresh(performance.now());
    const head = (await one.reference(main))!;
    const [first, second] = [await commitOn(one, head, 'First version'), await commitOn(one, head, 'Second version')];
    const name = 'refs/heads/requests/1';
    await one.move({ name, before: undefined, after: first }, new Date());
    await one.move({ name, before: first, after: second }, new Date());
    expect(at(name)).toBe(second);
    await one.move({ name, before: second, after: ZERO_ID }, new Date());
    expect([at(name), await one.reference(name)]).toEqual([undefined, undefined]);
  });
});
