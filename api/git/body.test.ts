import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { gitBody } from './body.ts';

const type = 'application/x-git-upload-pack-request';

function request(): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { headers: { 'content-type': type } });
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a body that does not come whole in time ends with an error; one that does is not cut short by the time it is read in', async () => {
  const late = request();
  late.push('0000');
  await expect(read(gitBody(late, { type, bytes: 100, milliseconds: 20 }))).rejects.toMatchObject({ code: 'invalid_request' });
  const whole = request();
  const body = gitBody(whole, { type, bytes: 100, milliseconds: 20 });
  whole.push('0000');
  whole.push(null);
  expect(await read(body)).toBe('0000');
});
