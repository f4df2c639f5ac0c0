import { createHash } from 'node:crypto';
import { status, statusChanges, type Status } from '../../workflows/index.ts';
import type { Route, ServerEvent } from '../http/route.ts';
import { status as schema } from '../schemas/answers.ts';
import { applicationPath, placeOf } from './place.ts';

export const getStatus: Route = {
  method: 'get', path: `${applicationPath}/status`, operation: 'getStatus', summary: 'What should run beside what does.',
  access: { action: 'apps.read' }, responses: { 200: schema },
  handle: async (request) => ({ status: 200, json: await status(request.stores, placeOf(request), request.caller.subject) }),
};

export const watchStatus: Route = {
  method: 'get', path: `${applicationPath}/events`, operation: 'watchStatus', summary: 'The status now and after each change: `event: status`, data a Status.',
  access: { action: 'apps.read' }, headers: { 'Last-Event-ID': 'The `id` of the last status that was seen: it is not repeated.' }, responses: { 200: 'text/event-stream' },
  handle: async (request) => {
    const place = placeOf(request);
    const reader = request.caller.subject;
    await status(request.stores, place, reader);
    return { status: 200, events: events(statusChanges(request.stores, place, { reader, signal: request.signal }), request.headers['last-event-id']) };
  },
};

/** An id is the hash of its status: who has seen the present one is told only of the next. */
async function* events(changes: AsyncIterable<Status>, seen: unknown): AsyncGenerator<ServerEvent> {
  let first = true;
  for await (const data of changes) {
    const id = createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16);
    if (!first || id !== seen) yield { event: 'status', data, id };
    first = false;
  }
}
