import { proof } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { proof as schema } from '../schemas/answers.ts';
import { applicationPath, placeOf } from './place.ts';

export const getProof: Route = {
  method: 'get', path: `${applicationPath}/proof`, operation: 'getProof', summary: 'Is my version live, and why? Every link from the commit to the ready pods.',
  access: { action: 'apps.read' }, responses: { 200: schema },
  handle: async (request) => ({ status: 200, json: await proof(request.stores, placeOf(request), request.caller.subject) }),
};
