import { revert } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { record, writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { dryRunOf, dryRunQuery } from './place.ts';

export const createRevert: Route = {
  method: 'post', path: '/api/v1/tenants/{tenant}/reverts', operation: 'revert', summary: 'Undo what a commit did to deployments and configuration, and hold it there.',
  access: { action: 'tenant.read' }, query: dryRunQuery,
  body: { types: { 'application/json': record({ commit: { type: 'string', pattern: '^[0-9a-f]{7,64}$' } }) }, required: true },
  responses: { 200: writeAnswer },
  handle: async (request) => {
    const tenant = request.param('tenant');
    const { commit } = request.body as { commit: string };
    return writeAnswerOf(await revert(request.stores, request.caller, { tenant, commit, ...dryRunOf(request) }), { tenant });
  },
};
