import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { spoolUpload } from './spool-upload.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const kib = Buffer.alloc(1024, 7);

test('writes what it was sent and hashes it on the way', async () => {
  const directory = await temporaryDirectory();
  const upload = await spoolUpload(Readable.from([kib, kib, Buffer.from('end')]), directory, { maxBytes: 4096, expectedBytes: 2051 });
  const written = await readFile(upload.path);
  expect(written).toEqual(Buffer.concat([kib, kib, Buffer.from('end')]));
  expect(upload).toMatchObject({ size: 2051, sha256: createHash('sha256').update(written).digest('hex') });
});

test('takes a chunk only when the last one is written, so that an upload never piles up in memory', async () => {
  const directory = await temporaryDirectory();
  const chunk = Buffer.alloc(64 * 1024);
  async function* sender(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < 100; sent += 1) {
      yield chunk;
      const [name] = await readdir(directory);
      const written = name === undefined ? 0 : (await stat(join(directory, name))).size;
      expect(sent - written / chunk.length).toBeLessThan(4);
    }
  }
  await spoolUpload(Readable.from(sender(), { highWaterMark: 1 }), directory, { maxBytes: 1e9 });
  expect.assertions(100);
});

async function* cutAfter(chunks: readonly Buffer[], code: string): AsyncGenerator<Buffer> {
  yield* chunks;
  throw Object.assign(new Error('aborted'), { code });
}

test.each([
  ['more bytes than the tier allows', 'jar_too_large', () => Readable.from([kib, kib, kib]), { maxBytes: 2048 }],
  ['a Content-Length over the limit, without reading', 'jar_too_large', () => Readable.from([kib]), { maxBytes: 2048, expectedBytes: 4096 }],
  ['fewer bytes than Content-Length', 'upload_cut', () => Readable.from([kib]), { maxBytes: 2048, expectedBytes: 1025 }],
  ['no byte at all of those announced', 'upload_cut', () => Readable.from([]), { maxBytes: 2048, expectedBytes: 5 }],
  ['a connection that breaks', 'upload_cut', () => Readable.from(cutAfter([kib], 'ECONNRESET')), { maxBytes: 2048 }],
  ['an empty body', 'upload_empty', () => Readable.from([]), { maxBytes: 2048 }],
  ['a full disk', 'disk_full', () => Readable.from(cutAfter([kib], 'ENOSPC')), { maxBytes: 2048 }],
  ['an abort before the start', 'upload_cut', () => Readable.from([kib]), { maxBytes: 2048, signal: AbortSignal.abort() }],
])('%s: %s, and no file is left', async (_case, code, stream, options) => {
  const directory = await temporaryDirectory();
  await expect(spoolUpload(stream(), directory, options)).rejects.toMatchObject({ code });
  expect(await readdir(directory)).toEqual([]);
});

test('an abort in the middle ends the upload, and no file is left', async () => {
  const directory = await temporaryDirectory();
  const abort = new AbortController();
  const endless = new Readable({ read() { setImmediate(() => this.push(kib)); } });
  const upload = spoolUpload(endless, directory, { maxBytes: 1e12, signal: abort.signal });
  setTimeout(() => abort.abort(), 20);
  await expect(upload).rejects.toMatchObject({ code: 'upload_cut' });
  expect(await readdir(directory)).toEqual([]);
});

test('a client that goes away in the middle of its request: upload_cut, and no file is left', async () => {
  const directory = await temporaryDirectory();
  const outcome = Promise.withResolvers<unknown>();
  const server = createServer((request) => {
    spoolUpload(request, directory, { maxBytes: 1e9, expectedBytes: Number(request.headers['content-length']) }).then(outcome.reject, outcome.resolve);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const client = request({ port: (server.address() as AddressInfo).port, method: 'POST', headers: { 'content-length': 1e6 } });
  client.on('error', () => undefined);
  client.write(Buffer.alloc(300_000), () => setTimeout(() => client.destroy(), 50));
  expect(await outcome.promise).toMatchObject({ code: 'upload_cut' });
  expect(await readdir(directory)).toEqual([]);
});
