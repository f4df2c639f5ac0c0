import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Answer, ServerEvent } from './route.ts';

export interface Heartbeat {
  readonly milliseconds: number;
  /** Called at each beat of an event stream. */
  onBeat(): void;
}

/** Writes an answer; an event stream until it ends or the client goes away. */
export async function send(response: ServerResponse, answer: Answer, signal: AbortSignal, heartbeat: Heartbeat): Promise<void> {
  if ('events' in answer) {
    await sendEvents(response, answer.events, { signal, heartbeat });
    return;
  }
  const [type, body] = 'json' in answer ? ['application/json; charset=utf-8', JSON.stringify(answer.json)] : [answer.type, answer.text];
  response.writeHead(answer.status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...answer.headers });
  response.end(body);
}

async function sendEvents(response: ServerResponse, events: AsyncIterable<ServerEvent>, { signal, heartbeat }: { signal: AbortSignal; heartbeat: Heartbeat }): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  const timer = setInterval(() => {
    response.write(': still here\n\n');
    heartbeat.onBeat();
  }, heartbeat.milliseconds);
  try {
    for await (const event of events) {
      if (signal.aborted) break;
      if (!response.write(frame(event))) await once(response, 'drain', { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(timer);
    response.end();
  }
}

function frame({ event, data, id }: ServerEvent): string {
  const lines = [...(id === undefined ? [] : [`id: ${id}`]), `event: ${event}`, `data: ${JSON.stringify(data)}`];
  return `${lines.join('\n')}\n\n`;
}
