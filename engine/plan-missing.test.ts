import type { Worker } from 'node:worker_threads';
import { afterAll, expect, test, vi } from 'vitest';
import { setField } from './testing/fixture.ts';
import { openFixture } from './testing/opened-fixture.ts';

// The plan of a change of all tenants is made by threads; here they end before they have said anything.
const { threads } = vi.hoisted(() => ({ threads: { end: false } }));
vi.mock(import('node:worker_threads'), async (original) => {
  const real = await original();
  class Ending extends real.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      if (threads.end && String(given[0]).endsWith('/plan-worker.ts')) void this.terminate();
    }
  }
  return { ...real, Worker: Ending };
});

const { engine, fixture, close } = await openFixture(31);

afterAll(close);

const registry = () => setField({ kind: 'Cell', name: 'local' }, ['spec', 'registry'], 'registry.one/cameleer', { requestId: 'req-plan' });

test('a plan that can not be made does not answer for the commit: it stands, is found again, and has its plan when that can be made', async () => {
  threads.end = true;
  await expect(engine.preview(registry())).rejects.toMatchObject({ code: 'git_failed' });
  const written = await engine.write(registry());
  expect(written).toMatchObject({ changed: true, planMissing: { code: 'plan_failed' } });
  expect(written.plan).toBeUndefined();
  expect(fixture.git(['rev-parse', 'main'])).toBe(written.commit);
  expect(await engine.write(registry())).toMatchObject({ commit: written.commit, planMissing: { code: 'plan_failed' } });
  threads.end = false;
  const again = await engine.write(registry());
  expect([again.commit, again.planMissing, again.plan?.summary.tenants]).toEqual([written.commit, undefined, 31]);
}, 60_000);
