import { expect, it } from 'vitest';
import type { Row } from '../../ledger/index.ts';
import type { Stores } from '../../workflows/index.ts';
import { once } from './idempotency.ts';

const request = { subject: { kind: 'person', id: 'usr_x' }, key: 'k', target: 'POST /x', body: {} } as const;

it('a ledger that fails after the request changes neither its answer nor its refusal', async () => {
  let queries = 0;
  // The claim is granted; every later query fails.
  const query = () => ((queries += 1) === 1 ? Promise.resolve([{ key: 'k' }]) : Promise.reject(new Error('no space')));
  const ledger = { query, transaction: async (run: (sql: unknown) => Promise<readonly Row[]>) => run({ query }), close: () => Promise.resolve() };
  const logged: string[] = [];
  const stores = { ledger, now: () => new Date(0), logger: { error: (_details: object, message: string) => logged.push(message) } } as unknown as Stores;
  const answer = { status: 201, json: { commit: 'c' } };
  expect(await once(stores, request, new Date(0), () => Promise.resolve(answer))).toEqual(answer);
  expect(logged).toHaveLength(2);
  queries = 0;
  await expect(once(stores, request, new Date(0), () => Promise.reject(new TypeError('the reason')))).rejects.toThrow('the reason');
});
