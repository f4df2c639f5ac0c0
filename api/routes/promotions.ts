import { promote } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { placeholderSchema } from '../http/validate.ts';
import { promotionAnswer, promotionRequested, record } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { applicationPath, placeOf, writeOptionsOf, writeQuery } from './place.ts';

export const createPromotion: Route = {
  method: 'post', path: `${applicationPath}/promotions`, operation: 'promote',
  summary: 'Run here what another environment runs. Only the release is copied; the answer lists what this environment lacks.',
  access: { action: 'apps.promote' }, query: writeQuery,
  body: { types: { 'application/json': record({ from: placeholderSchema('environment'), 'release?': placeholderSchema('release') }) }, required: true },
  responses: { 200: promotionAnswer, 202: promotionRequested },
  handle: async (request) => {
    const place = placeOf(request);
    const { from, release } = request.body as { from: string; release?: string };
    const made = await promote(request.stores, request.caller, { place, from, ...(release === undefined ? {} : { release }), ...writeOptionsOf(request) });
    return writeAnswerOf(made.outcome, place, { more: { release: made.release, lacking: made.lacking } });
  },
};
