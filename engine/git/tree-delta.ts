/** Of one copy instruction. */
const largestCopy = 0xffff;
const largestInsert = 0x7f;

/** Seven bits a byte, the lowest first. */
function size(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return bytes;
}

/** Offset in four bytes and length in two, all of them given. */
function copies(from: number, to: number): number[] {
  const bytes: number[] = [];
  for (let at = from; at < to; at += largestCopy) {
    const length = Math.min(largestCopy, to - at);
    bytes.push(0xbf, at & 0xff, (at >>> 8) & 0xff, (at >>> 16) & 0xff, at >>> 24, length & 0xff, length >>> 8);
  }
  return bytes;
}

function inserts(content: Uint8Array): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < content.length; at += largestInsert) {
    const part = content.subarray(at, at + largestInsert);
    bytes.push(part.length, ...part);
  }
  return bytes;
}

/**
 * What makes one content of another, as gitformat-pack(5) has it: for two that differ in one place, as a large folder does from the
 * one before a change in it. `undefined` when that would not be much smaller than the content.
 */
export function deltaBetween(base: Uint8Array, content: Uint8Array): Buffer | undefined {
  const shorter = Math.min(base.length, content.length);
  let head = 0;
  while (head < shorter && base[head] === content[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && base[base.length - 1 - tail] === content[content.length - 1 - tail]) tail += 1;
  if ((content.length - head - tail) * 2 > content.length) return undefined;
  const middle = content.subarray(head, content.length - tail);
  const delta = Buffer.from([...size(base.length), ...size(content.length), ...copies(0, head), ...inserts(middle), ...copies(base.length - tail, base.length)]);
  return delta.length * 2 > content.length ? undefined : delta;
}

/** How far before a delta its base begins in the same pack: seven bits a byte, the highest first, each further byte standing for one more. */
export function distance(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift(0x80 | (rest % 128));
  }
  return Buffer.from(bytes);
}
