import { expect, test } from 'vitest';
import { asDiskFull, tellDiskFull } from './disk-full.ts';
import type { Driver } from './ledger.ts';

const full = Object.assign(new Error('could not extend file "base/5/16446"'), { code: '53100' });

test.each([
  ['the SQLSTATE', full],
  ['the system’s code', Object.assign(new Error('write'), { code: 'ENOSPC' })],
  ['the system’s words', new Error('could not write to file: No space left on device')],
])('%s tells a full disk', (_what, error) => {
  expect(asDiskFull(error)).toMatchObject({ code: 'disk_full', cause: error });
});

test('any other failure stays what it is', () => {
  const other = Object.assign(new Error('duplicate key'), { code: '23505' });
  expect(asDiskFull(other)).toBe(other);
});

test('every way to ask the ledger tells it: a query, one in a transaction, and its end', async () => {
  const refuse = () => Promise.reject(full);
  const begun = (end: () => Promise<void>): Driver => ({
    query: refuse,
    async transaction(run) {
      const result = await run({ query: refuse, script: refuse });
      await end();
      return result;
    },
    close: () => Promise.resolve(),
  });
  const driver = tellDiskFull(begun(() => Promise.resolve()));
  await expect(driver.query('x')).rejects.toMatchObject({ code: 'disk_full' });
  await expect(driver.transaction((sql) => sql.query('x'))).rejects.toMatchObject({ code: 'disk_full' });
  await expect(driver.transaction((sql) => sql.script('x'))).rejects.toMatchObject({ code: 'disk_full' });
  await expect(tellDiskFull(begun(refuse)).transaction(() => Promise.resolve())).rejects.toMatchObject({ code: 'disk_full' });
});
