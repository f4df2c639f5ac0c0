import { mailmap } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';

export const getMailmap: Route = {
  method: 'get', path: '/api/v1/audit/mailmap', operation: 'getMailmap', summary: 'Names behind the opaque authors, for git log --use-mailmap.',
  access: 'operator', responses: { 200: 'text/plain' },
  handle: async ({ stores }) => ({ status: 200, text: await mailmap(stores), type: 'text/plain; charset=utf-8' }),
};
