import { GitError } from '../git-error.ts';

/** gitprotocol-common(5): four hex digits of length, themselves included, then the content. */
const largestContent = 65_516;

export const FLUSH = Buffer.from('0000');

/** What a client sent: a line's content, or one of the packets that have none. */
export type Packet = Buffer | 'flush' | 'delimiter' | 'end';

export function pktLine(content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (bytes.length > largestContent) throw new TypeError(`A packet holds at most ${largestContent} bytes.`);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** One band of side-band-64k, in as many packets as the text needs. */
export function sideBand(band: 1 | 2 | 3, content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += largestContent - 1) packets.push(pktLine(Buffer.concat([Buffer.from([band]), bytes.subarray(at, at + largestContent - 1)])));
  return Buffer.concat(packets);
}

/** Reads packets from a stream of bytes, then hands out the rest of it. Never holds more than a packet and a chunk. */
export class PacketReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** `undefined` when the stream has ended between packets. Throws `protocol` for what is none, or is cut short. */
  async next(): Promise<Packet | undefined> {
    if (!(await this.#fill(4))) {
      if (this.#buffer.length === 0) return undefined;
      throw new GitError('protocol', 'The request ends within a packet.');
    }
    const header = this.#buffer.toString('latin1', 0, 4);
    if (!/^[0-9a-fA-F]{4}$/.test(header)) throw new GitError('protocol', 'The request holds something that is no packet.');
    const length = Number.parseInt(header, 16);
    if (length < 4) return this.#special(length);
    if (length > largestContent + 4) throw new GitError('protocol', 'A packet of the request is longer than the protocol allows.');
    if (!(await this.#fill(length))) throw new GitError('protocol', 'The request ends within a packet.');
    const content = Buffer.from(this.#buffer.subarray(4, length));
    this.#buffer = this.#buffer.subarray(length);
    return content;
  }

  #special(length: number): Packet {
    this.#buffer = this.#buffer.subarray(4);
    if (length === 0) return 'flush';
    if (length === 1) return 'delimiter';
    if (length === 2) return 'end';
    throw new GitError('protocol', 'A packet of the request has a length that the protocol does not know.');
  }

  /** The bytes that follow the last packet that was read. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#buffer.length > 0) yield this.#buffer;
    this.#buffer = Buffer.alloc(0);
    for (let step = await this.#chunks.next(); step.done !== true; step = await this.#chunks.next()) yield step.value;
  }

  async #fill(bytes: number): Promise<boolean> {
    while (this.#buffer.length < bytes) {
      const step = await this.#chunks.next();
      if (step.done === true) return false;
      this.#buffer = Buffer.concat([this.#buffer, step.value]);
    }
    return true;
  }
}
