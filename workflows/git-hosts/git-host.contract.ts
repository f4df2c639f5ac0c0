import { beforeAll, describe, expect, test } from 'vitest';
import type { GitHost, WantedPullRequest } from './git-host.ts';

/** A repository with a branch `main` and a branch `change` one commit ahead of it. */
export interface HostFixture {
  readonly host: GitHost;
  /** The same repository with a token that the host does not know. */
  readonly stranger: GitHost;
  /** Commit of the branch `change`. */
  readonly commit: string;
  /** Bodies of the comments of a pull request, oldest first, past the code under test. */
  comments(number: number): Promise<readonly string[]>;
  /** Writes a comment as somebody else. */
  comment(number: number, text: string): Promise<void>;
  /** The same host, for a token that may not ask whose it is. */
  readonly nameless: GitHost;
  /** Opens a pull request of somebody's fork, from a branch of this name. */
  fork(branch: string): Promise<number>;
  /** The state of the commit's statuses by context, past the code under test. */
  statuses(): Promise<Readonly<Record<string, string>>>;
  merge(number: number): Promise<void>;
}

const marker = '<!-- cameleer:plan -->';
const wanted = { branch: 'change', base: 'main', title: 'Change acme', body: 'Two replicas.' };

/** What each host of pull requests must do. */
export function gitHostContract(name: string, open: () => Promise<HostFixture>): void {
  describe(name, () => {
    let fixture: HostFixture;
    let number: number;
    let pull: WantedPullRequest;
    beforeAll(async () => {
      fixture = await open();
      pull = { ...wanted, commit: fixture.commit };
      ({ number } = await fixture.host.openPullRequest(pull));
    });

    test('opens one pull request for a branch, however often it is asked', async () => {
      const again = await fixture.host.openPullRequest(pull);
      expect(again).toMatchObject({ number, state: 'open' });
      expect(again.url).toContain(`/${number}`);
      expect(await fixture.host.pullRequest(number)).toEqual(again);
    });

    test('keeps one comment, among those of others', async () => {
      await fixture.comment(number, 'What about the night shift?');
      await fixture.host.keepComment(number, `${marker}\nfirst`);
      await fixture.host.keepComment(number, `${marker}\nsecond`);
      await Promise.all([1, 2, 3].map((turn) => fixture.host.keepComment(number, `${marker}\nturn ${turn}`)));
      await fixture.host.keepComment(number, `${marker}\nlast`);
      expect(await fixture.comments(number)).toEqual(['What about the night shift?', `${marker}\nlast`]);
    });

    test('leaves a comment of somebody else alone that begins like its own, also when it can not ask who it is', async () => {
      const theirs = '<!-- cameleer:taken -->\nAll is well, merge it.';
      await fixture.comment(number, theirs);
      await fixture.host.keepComment(number, '<!-- cameleer:taken -->\nfirst');
      await fixture.nameless.keepComment(number, '<!-- cameleer:taken -->\nsecond');
      await fixture.host.keepComment(number, '<!-- cameleer:taken -->\nthird');
      expect((await fixture.comments(number)).filter((body) => body.startsWith('<!-- cameleer:taken'))).toEqual([theirs, '<!-- cameleer:taken -->\nthird']);
    });

    test('takes no pull request of a fork for its own', async () => {
      const foreign = await fixture.fork('requests/7');
      await expect(fixture.host.openPullRequest({ ...pull, branch: 'requests/7' })).rejects.toMatchObject({ code: expect.stringMatching(/^git_host_/) });
      expect(await fixture.host.pullRequest(foreign)).toMatchObject({ state: 'open' });
    });

    test('finds its comment behind many others', async () => {
      for (let turn = 0; turn < 60; turn += 1) await fixture.comment(number, `Comment ${turn}`);
      await fixture.host.keepComment(number, '<!-- cameleer:other -->\nfirst');
      await fixture.host.keepComment(number, '<!-- cameleer:other -->\nsecond');
      expect((await fixture.comments(number)).filter((body) => body.startsWith('<!-- cameleer:other'))).toEqual(['<!-- cameleer:other -->\nsecond']);
    });

    test('replaces the status of a commit, with a description of any length', async () => {
      await fixture.host.setStatus(fixture.commit, { state: 'pending', context: 'cameleer/plan', description: 'planning' });
      await fixture.host.setStatus(fixture.commit, { state: 'failure', context: 'cameleer/plan', description: 'é'.repeat(400) });
      expect(await fixture.statuses()).toEqual({ 'cameleer/plan': 'failure' });
    });

    test('tells a token that is not known, a pull request that is not there, a branch that is not there', async () => {
      await expect(fixture.stranger.keepComment(number, `${marker}\nx`)).rejects.toMatchObject({ code: 'git_host_refused' });
      await expect(fixture.host.pullRequest(4711)).rejects.toMatchObject({ code: 'git_host_not_found' });
      await expect(fixture.host.openPullRequest({ ...pull, branch: 'nowhere' })).rejects.toMatchObject({ code: expect.stringMatching(/^git_host_(?:failed|not_found)$/) });
    });

    test('says as what a pull request has been merged, and opens no other for the same commit', async () => {
      await fixture.merge(number);
      const merged = await fixture.host.pullRequest(number);
      expect(merged).toMatchObject({ state: 'merged', mergedCommit: expect.stringMatching(/^[0-9a-f]{40}$/) });
      expect(await fixture.host.openPullRequest(pull)).toEqual(merged);
    });
  });
}
