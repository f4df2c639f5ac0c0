import { addPerson } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { newPerson, record } from '../schemas/answers.ts';

export const createPerson: Route = {
  method: 'post', path: '/api/v1/people', operation: 'addPerson', summary: 'A person with a token, shown this once. Their rights are given in the state, as a Member of a tenant.',
  access: 'operator', secretAnswer: true,
  body: { types: { 'application/json': record({ name: { type: 'string', minLength: 1, maxLength: 120, pattern: '^[^\\u0000-\\u001f\\u007f]*$' } }) }, required: true },
  responses: { 201: newPerson },
  handle: async ({ stores, caller, body }) => {
    const { name } = body as { name: string };
    return { status: 201, json: { ...(await addPerson(stores, caller, name)), name } };
  },
};
