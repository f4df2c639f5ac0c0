import { whoAmI } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { whoAmI as schema } from '../schemas/answers.ts';

export const whoami: Route = {
  method: 'get', path: '/api/v1/whoami', operation: 'whoAmI', summary: 'Who the token speaks for, and their roles.', access: 'signed-in', responses: { 200: schema },
  handle: async ({ stores, caller }) => {
    const me = await whoAmI(stores, caller.subject);
    return { status: 200, json: { ...me, ...(me.operator ? { stateRepository: stores.stateRepository } : {}) } };
  },
};
