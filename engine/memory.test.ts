import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ObjectStore } from './git/index.ts';
import { judgeRepository } from './index.ts';
import type { Engine, Push } from './index.ts';
import { changeOf, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';

// A change of all tenants must not be held whole: what counts is the bytes of objects that are made and not written yet.

const { limit, counted } = vi.hoisted(() => ({ limit: 64 * 1024, counted: { made: 0, held: 0 } }));
vi.mock(import('./git/piles.ts'), async (original) => {
  const piles = await original();
  return { writingPiles: (store) => piles.writingPiles(store, limit), droppingPiles: () => piles.droppingPiles(limit) };
});
vi.mock(import('./git/object-store.ts'), async (original) => {
  const store = await original();
  class CountingDraft extends store.ObjectDraft {
    override add(...[type, content]: Parameters<InstanceType<typeof store.ObjectDraft>['add']>): string {
      const id = super.add(type, content);
      counted.made += content.length;
      counted.held = Math.max(counted.held, this.unwrittenBytes);
      return id;
    }
  }
  return { ...store, ObjectDraft: CountingDraft };
});

const tenants = 60;
/** Besides what piles up: what one tenant renders to, and the trees above the tenants. */
const most = 3 * limit;

let fixture: Fixture;
let engine: Engine;

beforeAll(async () => {
  fixture = await makeFixture(tenants);
  engine = await fixture.open();
});
afterAll(async () => {
  await engine.close();
  await fixture.remove();
});

async function expectBounded(work: () => Promise<unknown>): Promise<void> {
  Object.assign(counted, { made: 0, held: 0 });
  await work();
  // Else the test says nothing.
  expect(counted.made).toBeGreaterThan(2 * most);
  expect(counted.held).toBeLessThan(most);
}

const registry = (value: string) => setField({ kind: 'Cell', name: 'local' }, ['spec', 'registry'], value);
const withRegistry = (value: string) => ({ 'cells/local.yaml': fixture.read('cells/local.yaml').replace(/registry: .*/, `registry: ${value}`) });

test('a write of all tenants holds what a few of them render to, and shows what all do', async () => {
  const preview = await engine.preview(registry('registry.one/cameleer'));
  let plan: typeof preview | undefined;
  await expectBounded(async () => ({ plan } = await engine.write(registry('registry.one/cameleer'))));
  expect(plan).toMatchObject({ hash: preview.hash, summary: { tenants } });
  expect(fixture.git(['grep', '-c', 'registry.one', 'cells/local', '--', 'tenants']).split('\n')).toHaveLength(4 * tenants);
  expect(fixture.git(['fsck', '--strict', '--connectivity-only'])).toBe('');
});

test('a push of a commit of all tenants', async () => {
  const after = fixture.commit(withRegistry('registry.two/cameleer'));
  const objects = new ObjectStore(fixture.directory);
  const push: Push = { change: changeOf('state.push', 'push', { door: 'push' }), before: engine.head().commit, after, objects, keep: () => Promise.resolve() };
  await expectBounded(() => engine.push(push));
  objects.close();
  expect(fixture.git(['rev-parse', 'main'])).toBe(after);
});

test('a commit of all tenants that somebody else made', async () => {
  const after = fixture.push(withRegistry('registry.three/cameleer'));
  await expectBounded(() => engine.look());
  expect(engine.head().commit).toBe(after);
});

test('a judgement without writing: of a request, and of a repository', async () => {
  const head = fixture.commit(withRegistry('registry.four/cameleer'));
  const base = engine.head().commit;
  await expectBounded(async () => expect(await judgeRepository({ directory: fixture.directory, base, head }, new Date())).toEqual([]));
  const packs = () => fixture.git(['count-objects', '-v']);
  const before = packs();
  await expectBounded(() => engine.preview({
    change: changeOf('test.mixed', 'mixed'),
    apply: async (draft) => {
      await registry('registry.four/cameleer').apply(draft);
      await draft.edit({ kind: 'AppDeployment', tenant: fixture.state.tenantIds[0]!, environment: 'dev', name: 'orders' }, (document) => document.setIn(['spec', 'replicas'], 2));
    },
  }));
  expect(packs()).toBe(before);
});
