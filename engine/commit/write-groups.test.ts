import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BareRepository } from '../git/bare-repository.ts';
import { GitError } from '../git/index.ts';
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

function set(name: string, more: Parameters<typeof setField>[3] = {}): Intent & { readonly runs: () => number } {
  const intent = setField(deployment(tenant), ['spec', 'env', name], 'set', more);
  const apply = vi.fn((draft: Draft) => intent.apply(draft));
  return { ...intent, apply, runs: () => apply.mock.calls.length };
}

interface Held {
  readonly begun: Promise<void>;
  readonly end: (before?: () => void) => void;
  /** How often `main` was moved. The one that is held is asked for twice. */
  readonly moves: () => number;
}

/** Holds the next move of `main` until `end` is called, which may first do something else, or throw in its place. */
function holdMove(): Held {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<() => void>();
  const spy = vi.spyOn(BareRepository.prototype, 'move');
  spy.mockImplementationOnce(async function held(this: BareRepository, update, now) {
    begun.resolve();
    (await ended.promise)();
    return this.move(update, now);
  });
  return { begun: begun.promise, end: (before = () => {}) => ended.resolve(before), moves: () => spy.mock.calls.filter(([{ name }]) => name === 'refs/heads/main').length - 1 };
}

/** The first write is at the disk, and the second has been prepared on what it makes. */
async function twoWrites(second: ReturnType<typeof set>, first = set('FIRST')) {
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
    const { end, one, other } = await twoWrites(set('FIRST', { requestId: 'same' }), set('FIRST', { requestId: 'same' }));
    end();
    const [first, repeated] = await Promise.all([one, other]);
    expect(repeated.commit).toBe(first.commit);
    expect(fixture.git(['log', '--format=%H', '--grep=Request-Id: same', 'main'])).toBe(first.commit);
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
});
