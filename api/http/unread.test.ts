import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { bodyStream, dropRest } from './unread.ts';

const size = 4 * 1024 * 1024;

it('a handler that gives up in the middle of a body still has a connection for its answer', async () => {
  const server = createServer((request, response) => {
    const answer = async () => {
      for await (const chunk of bodyStream(request)) if (chunk !== undefined) break;
      response.writeHead(507, { 'Content-Length': 4, Connection: 'close' });
      response.write('full');
      await dropRest(request);
      response.end();
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { server.close(); });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
  for (let sent = 0; sent < 16; sent += 1) {
    socket.write(Buffer.alloc(size / 16));
    await setTimeout(10);
  }
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 507 [^]*full$/);
});

it('a body whose sender goes away fails as one', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const server = createServer((request) => {
    text(bodyStream(request)).catch(resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { server.close(); });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf');
  await setTimeout(20);
  socket.destroy();
  expect(await promise).toMatchObject({ code: 'ECONNRESET' });
});
