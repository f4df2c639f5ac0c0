import { logs } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { lineEvents, parseLineId } from './line-events.ts';
import { applicationPath, placeOf } from './place.ts';

const mostLines = 10_000;

export const getLogs: Route = {
  method: 'get', path: `${applicationPath}/logs`, operation: 'getLogs',
  summary: 'Lines of the pods, also of those that have died: `event: line`, data `{pod, time, text}`; `event: end` when nothing more comes.',
  access: { action: 'logs.read' },
  query: {
    follow: { type: 'boolean', description: 'Stay for new lines.' },
    tail: { type: 'integer', minimum: 0, maximum: mostLines, description: 'Only the last lines; default 100.' },
    pod: { type: 'string', maxLength: 253 },
  },
  responses: { 200: 'text/event-stream' },
  headers: { 'Last-Event-ID': 'The `id` of the last line that was seen: only later lines come, at most 10,000 of the past.' },
  handle: async (request) => {
    const { follow, tail, pod } = request.query;
    const seen = parseLineId(request.headers['last-event-id']);
    const lines = await logs(request.stores, {
      place: placeOf(request), follow: follow === true, tailLines: seen !== undefined ? mostLines : typeof tail === 'number' ? tail : 100, signal: request.signal,
      ...(typeof pod === 'string' ? { pod } : {}),
    });
    return { status: 200, events: lineEvents(lines, seen) };
  },
};
