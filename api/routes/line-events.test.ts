import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { lineEvents, parseLineId } from './line-events.ts';

const lines = ['01.000', '01.000', '02.000', '02.000', '03.000'].map((second, index) => ({ pod: 'orders-1', time: `2026-01-01T00:00:${second}Z`, text: String(index) }));

async function textsAfter(id: string | undefined): Promise<readonly unknown[]> {
  const texts: unknown[] = [];
  for await (const event of lineEvents(Readable.from(lines), parseLineId(id))) texts.push(event.event === 'line' ? (event.data as { text: string }).text : event.event);
  return texts;
}

it('go on after each id that they gave', async () => {
  const ids: (string | undefined)[] = [];
  for await (const event of lineEvents(Readable.from(lines), undefined)) if (event.event === 'line') ids.push(event.id);
  expect(new Set(ids).size).toBe(lines.length);
  for (const [index, id] of ids.entries()) expect(await textsAfter(id)).toEqual([...lines.slice(index + 1).map((line) => line.text), 'end']);
});

it.each(['', 'x', '2026-01-01T00:00:02.000Z', '2026-01-01T00:00:02.000Z/-1', '1/1'])('begin anew after %j, which is no id of theirs', async (id) => {
  expect(await textsAfter(id)).toHaveLength(lines.length + 1);
});
