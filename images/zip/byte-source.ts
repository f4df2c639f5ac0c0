import type { FileHandle } from 'node:fs/promises';
import { ImageError } from '../image-error.ts';
import type { Scratch } from '../scratch.ts';

/** Bytes that can be read from anywhere: a file, a part of a file, memory. */
export interface ByteSource {
  readonly size: number;
  /** All the bytes, in memory from `scratch` when given. Throws ImageError `jar_truncated`. */
  read(position: number, length: number, scratch?: Scratch): Promise<Buffer>;
}

export function fileSource(file: FileHandle, range: { readonly start: number; readonly size: number }): ByteSource {
  return {
    size: range.size,
    async read(position, length, scratch) {
      checkRange(position, length, range.size);
      const buffer = scratch?.take(length) ?? Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, range.start + position);
      if (bytesRead !== length) throw truncated();
      return buffer;
    },
  };
}

export function bufferSource(buffer: Buffer): ByteSource {
  return {
    size: buffer.length,
    read(position, length) {
      checkRange(position, length, buffer.length);
      return Promise.resolve(buffer.subarray(position, position + length));
    },
  };
}

/** A part of a source, such as a stored JAR in a JAR. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
  return {
    size,
    async read(position, length, scratch) {
      checkRange(position, length, size);
      return source.read(start + position, length, scratch);
    },
  };
}

function checkRange(position: number, length: number, size: number): void {
  if (position < 0 || position + length > size) throw truncated();
}

function truncated(): ImageError {
  return new ImageError('jar_truncated', 'The JAR points to bytes beyond its end. Build it again and upload it whole.');
}
