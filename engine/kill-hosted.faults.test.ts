import { expect, test } from 'vitest';
import { killHostedRounds } from '../bench/kill-hosted.ts';
import { makeFixture } from './testing/fixture.ts';

test('killed processes lose no write that a Git host has taken, and what the next one asks for again is done once', { timeout: 900_000 }, async () => {
  const fixture = await makeFixture(3);
  const report = await killHostedRounds({ fixture, rounds: 20, random: Math.random });
  expect(report.broken).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(40);
  // Kills that no push was under way at would show nothing.
  expect(report.landed).toBeGreaterThan(0);
  expect(report.repeated).toBeGreaterThan(report.landed);
  await fixture.remove();
});
