import { createHash } from 'node:crypto';
import { rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createFile } from './create-file.ts';
import { asDiskError } from './disk-error.ts';
import { ImageError } from './image-error.ts';
import { removeLeftovers, temporaryName } from './temporary-files.ts';

export interface SpoolOptions {
  /** The tier's limit for a JAR. */
  readonly maxBytes: number;
  /** The sender's Content-Length, when it said one: fewer bytes are a cut upload. */
  readonly expectedBytes?: number;
  readonly signal?: AbortSignal;
}

export interface SpooledUpload {
  readonly path: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes the stream into a new file of `directory`, a chunk at a time, hashing while writing. Throws ImageError
 * `jar_too_large`, `upload_cut`, `upload_empty`, `disk_full`, `not_writable`; then no file is left. The caller removes the
 * file; what a killed process left is removed by the next upload.
 */
export async function spoolUpload(stream: Readable, directory: string, options: SpoolOptions): Promise<SpooledUpload> {
  if (options.expectedBytes !== undefined && options.expectedBytes > options.maxBytes) {
    stream.resume();
    throw tooLarge(options.maxBytes);
  }
  const path = join(directory, temporaryName('.jar'));
  const file = await createFile(path, 0o600);
  try {
    await removeLeftovers(directory);
    const { sha256, size } = await write(stream, file, options);
    await file.close();
    return { path, sha256, size };
  } catch (error) {
    await file.close();
    await rm(path, { force: true }).catch(() => {});
    throw asImageError(error);
  }
}

async function write(stream: Readable, file: FileHandle, options: SpoolOptions): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const abort = (): void => {
    stream.destroy(new ImageError('upload_cut', 'The upload was aborted. Start it again.'));
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > options.maxBytes) throw tooLarge(options.maxBytes);
      hash.update(chunk);
      await writeAll(file, chunk);
    }
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  if (size === 0 && (options.expectedBytes ?? 0) === 0) throw new ImageError('upload_empty', 'The upload is empty. Send the JAR as the body.');
  if (options.expectedBytes !== undefined && size < options.expectedBytes) {
    throw new ImageError('upload_cut', `The upload ended after ${size} of ${options.expectedBytes} bytes. Start it again.`);
  }
  return { sha256: hash.digest('hex'), size };
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten;
}

function tooLarge(maxBytes: number): ImageError {
  const limit = maxBytes % (1024 * 1024) === 0 ? `${maxBytes / (1024 * 1024)} MiB` : `${maxBytes} bytes`;
  return new ImageError('jar_too_large', `The JAR is larger than this tier allows (${limit}). Make it smaller, or ask for a higher tier.`);
}

const cut = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'EPIPE', 'ECONNABORTED']);

function asImageError(error: unknown): unknown {
  if (error instanceof ImageError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (cut.has(code) || error.name === 'AbortError') return new ImageError('upload_cut', 'The upload was cut before its end. Start it again.', { cause: error });
  return asDiskError(error);
}
