import { expect, test } from 'vitest';
import { lostUpdates } from './lost-updates.ts';

test('64 writers at three control planes and 8 operators who push lose nothing and are told nothing that is not so', async () => {
  const { verdict, complaints, damage } = await lostUpdates({ seconds: 20, writers: 64, pushers: 8 });
  expect(verdict).toMatchObject({ faults: [], unknown: 0 });
  expect(verdict.acknowledged).toBeGreaterThan(10);
  expect({ complaints, damage }).toEqual({ complaints: '', damage: '' });
});
