/** RFC 4251 section 5. */
export function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Consecutive strings from an offset; `undefined` when the buffer ends before the last of them does. */
export function readStrings(buffer: Buffer, from: number, count: number): Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = from; strings.length < count; ) {
    const found = readString(buffer, at);
    if (found === undefined) return undefined;
    strings.push(found.value);
    at = found.next;
  }
  return strings;
}

/** The string at an offset and the offset after it; `undefined` when the buffer ends before it does. */
function readString(buffer: Buffer, at: number): { readonly value: Buffer; readonly next: number } | undefined {
  if (at < 0 || at + 4 > buffer.length) return undefined;
  const next = at + 4 + buffer.readUInt32BE(at);
  return next > buffer.length ? undefined : { value: buffer.subarray(at + 4, next), next };
}
