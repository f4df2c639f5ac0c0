import { expect, it } from 'vitest';
import { EngineError } from '../../engine/index.ts';
import { LedgerError } from '../../ledger/index.ts';
import { compileSchema } from '../../schemas/index.ts';
import { problemDetails } from '../schemas/answers.ts';
import { problemOf } from './problem.ts';

const check = compileSchema(problemDetails);

it('names every path that the isolation proof found, as described', () => {
  const openings = [{ from: 't-globex--dev/api', to: 't-acme--dev/orders', port: 'tcp/8080', because: ['a.yaml:allow'], message: 'globex could reach acme.' }];
  const problem = problemOf(new EngineError('isolation', 'A path would open.', { openings }), 'req_x');
  expect(problem).toMatchObject({ status: 422, code: 'isolation', openings });
  expect(check(problem)).toEqual([]);
});

it('says of the ledger only that its disk is full', () => {
  expect(problemOf(new LedgerError('disk_full', 'Full.'), 'req_x')).toMatchObject({ status: 507, code: 'disk_full', detail: 'Full.' });
  expect(problemOf(new LedgerError('corrupt_row', 'A row.'), 'req_x')).toMatchObject({ status: 500, code: 'internal' });
});
