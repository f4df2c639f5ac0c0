import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BareRepository } from '../git/bare-repository.ts';
import { GitError } from '../git/index.ts';
import { ObjectStore } from '../git/object-store.ts';
import type { Draft, Engine, Intent } from '../index.ts';
import { deployment, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';

let fixture: Fixture;
let engine: Engine;
let tenant: string;

beforeEach(async () => {
  fixture = await makeFixture(2);
  engine = await fixture.open();
  [tenant = ''] = fixture.state.tenantIds;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await engine.close();
  await fixture.remove();
});

type Counted = Intent & { readonly runs: () => number };

function set(name: string, more: Parameters<typeof setField>[3] = {}): Counted {
  return counted(setField(deployment(tenant), ['spec', 'env', name], 'set', more));
}

/** Nothing of it is rendered. */
function describeTeam(): Counted {
  return counted(setField({ kind: 'Team', tenant, name: 'integration' }, ['spec', 'description'], 'Says so.'));
}

function counted(intent: Intent): Counted {
  const apply = vi.fn((draft: Draft) => intent.apply(draft));
  return { ...intent, apply, runs: () => apply.mock.calls.length };
}

interface Held {
  readonly begun: Promise<void>;
  readonly end: (before?: () => void, after?: () => void) => void;
  /** How often `main` was moved. The one that is held is asked for twice. */
  readonly moves: () => number;
}

/** Holds the next move of `main` until `end` is called, which may do something else before it and after it, or throw in its place. */
function holdMove(): Held {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<{ readonly before: () => void; readonly after: () => void }>();
  const spy = vi.spyOn(BareRepository.prototype, 'move');
  spy.mockImplementationOnce(async function held(this: BareRepository, update, now) {
    begun.resolve();
    const { before, after } = await ended.promise;
    before();
    await this.move(update, now);
    after();
  });
  return { begun: begun.promise, end: (before = () => {}, after = () => {}) => ended.resolve({ before, after }), moves: () => spy.mock.calls.filter(([{ name }]) => name === 'refs/heads/main').length - 1 };
}

/** The first write is at the disk, and the second has been prepared on what it makes. */
async function twoWrites(second: Counted, first = set('FIRST')) {
  const held = holdMove();
  const one = engine.write(first);
  // Before that, both would be one group.
  await vi.waitFor(() => expect(first.runs()).toBe(1), { interval: 1 });
  const other = engine.write(second);
  one.catch(() => {});
  other.catch(() => {});
  await held.begun;
  await vi.waitFor(() => expect(second.runs()).toBe(1));
  // Until all of it has been rendered: nothing tells from outside.
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  return { ...held, one, other };
}

async function env(): Promise<Record<string, string> | undefined> {
  return (await engine.get(deployment(tenant)))?.object.spec.env;
}

describe('a group that is prepared while the one before it is written', () => {
  test('is written as it was prepared', async () => {
    const second = set('SECOND');
    const { end, one, other } = await twoWrites(second);
    expect(fixture.git(['log', '-1', '--format=%s', 'main'])).not.toBe('Do app.configure');
    end();
    const [{ commit }, { commit: next, base }] = await Promise.all([one, other]);
    expect(base).toBe(commit);
    expect(second.runs()).toBe(1);
    expect(fixture.git(['rev-list', '-2', 'main']).split('\n')).toEqual([next, commit]);
    expect(await env()).toMatchObject({ FIRST: 'set', SECOND: 'set' });
    expect((await engine.cell('local'))?.sourceCommit).toBe(next);
    fixture.git(['fsck', '--strict']);
  });

  test('is prepared again when others move main', async () => {
    const second = set('SECOND');
    const { end, one, other } = await twoWrites(second);
    let pushed = '';
    const path = `tenants/${tenant.slice(0, 2)}/${tenant}/environments/dev/apps/orders.yaml`;
    end(() => {
      pushed = fixture.push({ [path]: fixture.read(path).replace('  env:\n', '  env:\n    PUSHED: by-hand\n') });
    });
    const [{ commit }, { commit: next }] = await Promise.all([one, other]);
    expect(second.runs()).toBe(2);
    expect(fixture.git(['rev-list', '-3', 'main']).split('\n').toSorted()).toEqual([next, commit, pushed].toSorted());
    expect(await env()).toMatchObject({ FIRST: 'set', SECOND: 'set', PUSHED: 'by-hand' });
  });

  test('is prepared again when others commit between the two, also what is not rendered', async () => {
    const second = set('SECOND');
    const { end, one, other } = await twoWrites(second, describeTeam());
    let pushed = '';
    const path = `tenants/${tenant.slice(0, 2)}/${tenant}/teams/integration.yaml`;
    end(undefined, () => {
      pushed = fixture.push({ [path]: fixture.read(path).replace('displayName: Integration', 'displayName: By hand') });
    });
    const [{ commit }, { commit: next }] = await Promise.all([one, other]);
    expect(second.runs()).toBe(2);
    expect(fixture.git(['rev-list', '-3', 'main']).split('\n')).toEqual([next, pushed, commit]);
    expect(fixture.read(path)).toMatch(/By hand[^]*Says so\./);
  });

  test('has nothing of one that fails', async () => {
    const second = set('SECOND');
    const { end, one, other } = await twoWrites(second);
    end(() => {
      throw new GitError('disk_full', 'The disk is full.');
    });
    await expect(one).rejects.toMatchObject({ code: 'disk_full' });
    await other;
    expect(second.runs()).toBe(2);
    expect(await env()).not.toHaveProperty('FIRST');
    expect(await env()).toHaveProperty('SECOND');
  });

  test('is refused with the one that nobody can take', async () => {
    const { end, one, other } = await twoWrites(set('SECOND'));
    end(() => {
      throw new GitError('outcome_unknown', 'It is not known.');
    });
    await expect(one).rejects.toMatchObject({ code: 'outcome_unknown' });
    await expect(other).rejects.toMatchObject({ code: 'remote_unavailable' });
  });

  test('finds the commit of a write that it repeats', async () => {
    const { end, one, other } = await twoWrites(set('OTHER', { requestId: 'same' }), set('FIRST', { requestId: 'same' }));
    end();
    const [first, repeated] = await Promise.all([one, other]);
    expect(repeated.commit).toBe(first.commit);
    expect(await env()).not.toHaveProperty('OTHER');
    expect(fixture.git(['log', '--format=%H', '--grep=Request-Id: same', 'main'])).toBe(first.commit);
  });

  test('is confirmed when its turn has come, by what holds then', async () => {
    const approvals = ['usr_op3rat0r00000001'];
    const second = set('SECOND');
    const { end, one, other } = await twoWrites({ ...second, confirm: () => Promise.resolve({ ...second.change, approvedBy: [...approvals] }) });
    approvals.pop();
    end();
    await one;
    const { commit } = await other;
    expect(fixture.git(['show', '-s', '--format=%B', commit])).not.toContain('Approved-By');
  });

  test('takes along who comes meanwhile', async () => {
    const { end, moves, one, other } = await twoWrites(set('SECOND'));
    const [third, fourth] = [set('THIRD'), set('FOURTH')];
    const late = [engine.write(third), engine.write(fourth)];
    end();
    await Promise.all([one, other, ...late]);
    expect(await env()).toMatchObject({ FIRST: 'set', SECOND: 'set', THIRD: 'set', FOURTH: 'set' });
    // One of them for the first write.
    expect(moves()).toBe(2);
  });

  test('merges a change request onto a commit that is not written yet, once', async () => {
    const request = await engine.requests.open(7, setField(deployment(tenant), ['spec', 'env', 'ASKED'], 'yes'));
    const merging = async () => {
      const intent = await engine.requests.reapply(request);
      return { ...intent, change: { ...intent.change, requestId: `merge-${Math.random()}` } };
    };
    const first = set('FIRST');
    const [merge, again] = [await merging(), await merging()];
    const apply = vi.fn((draft: Draft) => merge.apply(draft));
    const second = { ...merge, apply, runs: () => apply.mock.calls.length };
    const { end, one, other } = await twoWrites(second, first);
    const late = engine.write(again);
    late.catch(() => {});
    end();
    const [{ commit }, { commit: merged, base }] = await Promise.all([one, other]);
    expect(base).toBe(commit);
    expect(second.runs()).toBe(1);
    await expect(late).rejects.toMatchObject({ code: 'request_merged', merged });
    expect(await env()).toMatchObject({ FIRST: 'set', ASKED: 'yes' });
  });

  test('lets those have the turn who asked for it before', async () => {
    const [first, second] = [set('FIRST'), set('SECOND')];
    const { begun, end } = holdMove();
    const answered: string[] = [];
    const one = engine.write(first).then(() => answered.push('first'));
    await begun;
    const looked = engine.look().then(() => answered.push('look'));
    const other = engine.write(second).then(() => answered.push('second'));
    await vi.waitFor(() => expect(second.runs()).toBe(1));
    end();
    await Promise.all([one, looked, other]);
    expect(answered).toEqual(['first', 'look', 'second']);
    expect(second.runs()).toBe(1);
  });
});

test('a change of all tenants is confirmed on a commit that is not written yet', async () => {
  await engine.close();
  await fixture.remove();
  fixture = await makeFixture(32);
  engine = await fixture.open();
  [tenant = ''] = fixture.state.tenantIds;
  const written = Promise.withResolvers<undefined>();
  vi.spyOn(ObjectStore.prototype, 'write').mockImplementationOnce(async function held(this: ObjectStore, objects) {
    await written.promise;
    return this.write(objects);
  });
  const wide = setField({ kind: 'Cell', name: 'local' }, ['spec', 'registry'], 'registry.other/cameleer');
  const confirm = vi.fn<NonNullable<Intent['confirm']>>((considered) => Promise.resolve({ ...wide.change, planHash: considered.plan.hash }));
  const first = set('FIRST');
  const one = engine.write(first);
  await vi.waitFor(() => expect(first.runs()).toBe(1), { interval: 1 });
  const other = engine.write({ ...wide, confirm });
  await vi.waitFor(() => expect(confirm).toHaveBeenCalledOnce(), { timeout: 10_000 });
  written.resolve(undefined);
  const [{ commit }, { base, plan }] = await Promise.all([one, other]);
  expect(base).toBe(commit);
  expect(confirm.mock.calls[0]?.[0].plan.hash).toBe(plan?.hash);
});
