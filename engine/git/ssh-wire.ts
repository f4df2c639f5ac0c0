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

/** The string at an offset and the offset after it; `undefined` when the buffer ends before it does. */
export function readString(buffer: Buffer, at: number): { readonly value: Buffer; readonly next: number } | undefined {
  if (at < 0 || at + 4 > buffer.length) return undefined;
  const next = at + 4 + buffer.readUInt32BE(at);
  return next > buffer.length ? undefined : { value: buffer.subarray(at + 4, next), next };
}
