import { expect, test } from 'vitest';
import { compileSchema } from '../../schemas/index.ts';
import { writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';

test('a committed change without a plan is answered as committed, with the reason, as it is described', () => {
  const planMissing = { code: 'plan_failed', message: 'No plan.' } as const;
  const answer = writeAnswerOf({ kind: 'written', result: { commit: 'b'.repeat(40), base: 'a'.repeat(40), changed: true, planMissing, etags: new Map() } }, { tenant: 'acme' });
  expect(answer).toMatchObject({ status: 200, json: { commit: 'b'.repeat(40), planMissing } });
  expect('json' in answer && compileSchema(writeAnswer)(answer.json)).toEqual([]);
});
