import { expect, test } from 'vitest';
import { killRounds } from '../bench/kill-rounds.ts';
import { makeFixture } from './testing/fixture.ts';

test('a hundred killed processes lose no acknowledged write, do none twice, leave no cell unlike main, and no lock in the way', { timeout: 900_000 }, async () => {
  const fixture = await makeFixture(3);
  const { directory, state } = fixture;
  const report = await killRounds({ directory, tenants: state.tenantIds, rounds: 100, random: Math.random });
  expect(report.broken).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(100);
  expect(report.compared).toBeGreaterThan(50);
  const engine = await fixture.open();
  expect(fixture.git(['rev-parse', 'main'])).toBe(engine.head().commit);
  expect(engine.head().quarantines.size).toBe(0);
  expect((await engine.history({ limit: 1 }))[0]?.signature).toBe('platform');
  await engine.close();
  await fixture.remove();
});
