import { restart } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { record, requested, writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { applicationPath, placeOf, writeOptionsOf, writeQuery } from './place.ts';

export const createRestart: Route = {
  method: 'post', path: `${applicationPath}/restarts`, operation: 'restart', summary: 'Roll the pods without any other change.',
  access: { action: 'apps.restart' }, query: writeQuery, body: { types: { 'application/json': record({}) }, required: false },
  responses: { 200: writeAnswer, 202: requested },
  handle: async (request) => {
    const place = placeOf(request);
    return writeAnswerOf(await restart(request.stores, request.caller, place, writeOptionsOf(request)), place);
  },
};
