import type { Route } from '../http/route.ts';
import { record } from '../schemas/answers.ts';

const ok = record({ status: { type: 'string' } });

export const livez: Route = {
  method: 'get', path: '/livez', operation: 'live', summary: 'The process answers.', access: 'public', responses: { 200: ok },
  handle: () => ({ status: 200, json: { status: 'ok' } }),
};

export const readyz: Route = {
  method: 'get', path: '/readyz', operation: 'ready', summary: 'The ledger and the state repository answer.', access: 'public', responses: { 200: ok },
  handle: async ({ stores }) => {
    await stores.ledger.query('select 1');
    stores.engine.head();
    return { status: 200, json: { status: 'ok' } };
  },
};
