import type { LogLine } from '../../cluster/driver.ts';
import { logs } from '../../workflows/index.ts';
import type { Route, ServerEvent } from '../http/route.ts';
import { applicationPath, placeOf } from './place.ts';

export const getLogs: Route = {
  method: 'get', path: `${applicationPath}/logs`, operation: 'getLogs',
  summary: 'Lines of the pods, also of those that have died: `event: line`, data `{pod, time, text}`; `event: end` when nothing more comes.',
  access: { action: 'logs.read' },
  query: {
    follow: { type: 'boolean', description: 'Stay for new lines.' },
    tail: { type: 'integer', minimum: 0, maximum: 10_000, description: 'Only the last lines; default 100.' },
    pod: { type: 'string', maxLength: 253 },
  },
  responses: { 200: 'text/event-stream' },
  handle: async (request) => {
    const { follow, tail, pod } = request.query;
    const lines = await logs(request.stores, {
      place: placeOf(request), follow: follow === true, tailLines: typeof tail === 'number' ? tail : 100, signal: request.signal,
      ...(typeof pod === 'string' ? { pod } : {}),
    });
    return { status: 200, events: events(lines) };
  },
};

async function* events(lines: AsyncIterable<LogLine>): AsyncGenerator<ServerEvent> {
  for await (const line of lines) yield { event: 'line', data: line };
  yield { event: 'end', data: {} };
}
