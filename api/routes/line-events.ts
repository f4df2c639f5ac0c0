import type { LogLine } from '../../cluster/driver.ts';
import type { ServerEvent } from '../http/route.ts';

/** A line's place in its stream: its time, and its number (from 1) among the lines of that millisecond. */
export interface LineId {
  readonly time: string;
  readonly number: number;
}

/** The id of a line, `<time>/<number>`; `undefined` for anything else, which a client may send and which then means nothing. */
export function parseLineId(text: string | readonly string[] | undefined): LineId | undefined {
  const [, time, number] = /^(\d{4}-[^/]{1,40})\/(\d{1,9})$/.exec(typeof text === 'string' ? text : '') ?? [];
  return time === undefined ? undefined : { time, number: Number(number) };
}

/**
 * The lines as events that carry ids, then `end`. With `seen` only what comes after it. A stream that began with a tail in the
 * middle of a millisecond counts from there, so that a line of it may come twice and none is lost.
 */
export async function* lineEvents(lines: AsyncIterable<LogLine>, seen: LineId | undefined): AsyncGenerator<ServerEvent> {
  let time = '';
  let number = 0;
  for await (const line of lines) {
    number = line.time === time ? number + 1 : 1;
    time = line.time;
    if (seen !== undefined && (time < seen.time || (time === seen.time && number <= seen.number))) continue;
    yield { event: 'line', data: line, id: `${time}/${number}` };
  }
  yield { event: 'end', data: {} };
}
