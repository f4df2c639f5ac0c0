import { status, statusChanges } from '../../workflows/index.ts';
import type { Route, ServerEvent } from '../http/route.ts';
import { status as schema } from '../schemas/answers.ts';
import { applicationPath, placeOf } from './place.ts';

export const getStatus: Route = {
  method: 'get', path: `${applicationPath}/status`, operation: 'getStatus', summary: 'What should run beside what does.',
  access: { action: 'apps.read' }, responses: { 200: schema },
  handle: async (request) => ({ status: 200, json: await status(request.stores, placeOf(request)) }),
};

export const watchStatus: Route = {
  method: 'get', path: `${applicationPath}/events`, operation: 'watchStatus', summary: 'The status now and after each change: `event: status`, data a Status.',
  access: { action: 'apps.read' }, responses: { 200: 'text/event-stream' },
  handle: async (request) => {
    const place = placeOf(request);
    await status(request.stores, place);
    return { status: 200, events: events(statusChanges(request.stores, place, request.signal)) };
  },
};

async function* events(changes: AsyncIterable<unknown>): AsyncGenerator<ServerEvent> {
  for await (const data of changes) yield { event: 'status', data };
}
