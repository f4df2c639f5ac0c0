/** One event of a `text/event-stream`. */
export interface ServerEvent {
  /** `message` when the stream names none. */
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/**
 * Parses a `text/event-stream` as the HTML standard says: any of the three line ends, comments ignored, an event is complete
 * at its empty line, an incomplete one at the end of the stream is dropped. Chunks may be cut anywhere, also inside a
 * character or between CR and LF.
 */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let fields = emptyEvent();
  for await (const line of linesOf(chunks)) {
    if (line !== '') {
      readField(line, fields);
      continue;
    }
    if (fields.data.length > 0) yield finish(fields);
    fields = { ...emptyEvent(), id: fields.id };
  }
}

interface Fields {
  event: string;
  data: string[];
  id: string | undefined;
}

function emptyEvent(): Fields {
  return { event: '', data: [], id: undefined };
}

function finish({ event, data, id }: Fields): ServerEvent {
  return { event: event === '' ? 'message' : event, data: data.join('\n'), ...(id === undefined ? {} : { id }) };
}

function readField(line: string, fields: Fields): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const field = colon === -1 ? line : line.slice(0, colon);
  const raw = colon === -1 ? '' : line.slice(colon + 1);
  const value = raw.startsWith(' ') ? raw.slice(1) : raw;
  if (field === 'event') fields.event = value;
  else if (field === 'data') fields.data.push(value);
  else if (field === 'id' && !value.includes('\0')) fields.id = value;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const { lines, remainder } = splitLines(rest);
    rest = remainder;
    yield* lines;
  }
}

/** A CR at the very end stays in the remainder, because its LF may follow in the next chunk. */
function splitLines(text: string): { lines: string[]; remainder: string } {
  const lines: string[] = [];
  const end = /\r\n|\n|\r(?!$)/g;
  let from = 0;
  for (let match = end.exec(text); match !== null; match = end.exec(text)) {
    lines.push(text.slice(from, match.index));
    from = end.lastIndex;
  }
  return { lines, remainder: text.slice(from) };
}
