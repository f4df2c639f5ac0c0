import { expect, test } from 'vitest';
import { asFault, tellFaults } from './faults.ts';
import type { Driver } from './ledger.ts';

const full = Object.assign(new Error('could not extend file "base/5/16446"'), { code: '53100' });

test.each([
  ['the SQLSTATE', full],
  ['the system’s code', Object.assign(new Error('write'), { code: 'ENOSPC' })],
  ['the system’s words', new Error('could not write to file: No space left on device')],
])('%s tells a full disk', (_what, error) => {
  expect(asFault(error)).toMatchObject({ code: 'disk_full', cause: error });
});

test.each([
  ['a limit of time on this side', new Error('Query read timeout')],
  ['a limit of time at the server', Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })],
  ['a connection that broke', Object.assign(new Error('read'), { code: 'ECONNRESET' })],
  ['a server that goes down', Object.assign(new Error('terminating connection'), { code: '57P01' })],
])('%s tells a ledger that does not answer', (_what, error) => {
  expect(asFault(error)).toMatchObject({ code: 'ledger_unavailable', cause: error, retryAfterSeconds: 5 });
});

test.each([
  ['the system’s code', Object.assign(new Error('utime'), { code: 'EROFS' })],
  ['the system’s words', Object.assign(new Error('could not write to file "pg_wal/1": Read-only file system'), { code: '42501' })],
])('%s tells a disk that only reads', (_what, error) => {
  expect(asFault(error)).toMatchObject({ code: 'not_writable', cause: error, retryAfterSeconds: 5 });
});

test('any other failure stays what it is', () => {
  const other = Object.assign(new Error('duplicate key'), { code: '23505' });
  expect(asFault(other)).toBe(other);
});

test('every way to ask the ledger tells it: a query, one in a transaction, and its end', async () => {
  const refuse = () => Promise.reject(full);
  const begun = (end: () => Promise<void>): Driver => {
    const transaction: Driver['transaction'] = async (run) => {
      const result = await run({ query: refuse, script: refuse });
      await end();
      return result;
    };
    return { query: refuse, transaction, patiently: transaction, close: () => Promise.resolve() };
  };
  const driver = tellFaults(begun(() => Promise.resolve()));
  await expect(driver.query('x')).rejects.toMatchObject({ code: 'disk_full' });
  await expect(driver.transaction((sql) => sql.query('x'))).rejects.toMatchObject({ code: 'disk_full' });
  await expect(driver.transaction((sql) => sql.script('x'))).rejects.toMatchObject({ code: 'disk_full' });
  await expect(driver.patiently((sql) => sql.query('x'))).rejects.toMatchObject({ code: 'disk_full' });
  await expect(tellFaults(begun(refuse)).transaction(() => Promise.resolve())).rejects.toMatchObject({ code: 'disk_full' });
});
