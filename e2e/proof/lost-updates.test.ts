import { expect, test } from 'vitest';
import { lostUpdates } from './lost-updates.ts';

const load = { seconds: 20, writers: 64, pushers: 8 };

test('64 writers at three control planes and 8 operators who push lose nothing and are told nothing that is not so', async () => {
  const { verdict, complaints, damage } = await lostUpdates({ ...load, hosted: false });
  expect(verdict).toMatchObject({ faults: [], unknown: 0 });
  expect(verdict.acknowledged).toBeGreaterThan(10);
  expect({ complaints, damage }).toEqual({ complaints: '', damage: '' });
});

test('the same at a Git host that rejects, stalls and breaks connections', async () => {
  const { verdict, mischief, damage } = await lostUpdates({ ...load, hosted: true });
  expect(verdict.faults).toEqual([]);
  expect(verdict.acknowledged).toBeGreaterThan(10);
  expect(damage).toBe('');
  expect(mischief.size).toBeGreaterThan(0);
});
