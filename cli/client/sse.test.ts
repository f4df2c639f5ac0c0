import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvents, type ServerEvent } from './sse.ts';

async function parse(bytes: Uint8Array, cuts: readonly number[] = []): Promise<ServerEvent[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let from = 0;
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      yield bytes.subarray(from, Math.max(from, cut));
      from = Math.max(from, cut);
    }
    yield bytes.subarray(from);
  }
  const events: ServerEvent[] = [];
  for await (const event of parseEvents(chunks())) events.push(event);
  return events;
}

test('reads names, several data lines, ids and comments', async () => {
  const text = ': keep-alive\n\nevent: line\nid: 7\ndata: a\ndata:b\n\ndata\n\nevent: dropped\n\ndata: incomplete';
  expect(await parse(Buffer.from(text))).toEqual([
    { event: 'line', data: 'a\nb', id: '7' },
    { event: 'message', data: '', id: '7' },
  ]);
});

test('means the same however the stream is cut and whichever line end it uses', async () => {
  const event = fc.record({ event: fc.constantFrom('line', 'status'), data: fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text)) });
  await fc.assert(
    fc.asyncProperty(fc.array(event), fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(400)), async (events, end, cuts) => {
      const text = events.map(({ event, data }) => `event: ${event}${end}data: ${data}${end}${end}`).join('');
      // The stream's last CR stands alone until something follows it.
      const parsed = await parse(Buffer.from(`${text}:${end}`), cuts.map((cut) => cut % (text.length + 1)));
      expect(parsed).toEqual(events);
    }),
  );
});
