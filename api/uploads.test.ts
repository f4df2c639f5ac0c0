import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raw } from './testing/raw.ts';
import { serve, type Served } from './testing/serve.ts';
import { jar, jarType, upload } from './testing/upload.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;

let served: Served;

beforeAll(async () => {
  served = await serve();
  expect((await upload(served, 'acme/orders', '4.18.0')).status).toBe(201);
}, 60_000);

afterAll(() => served.close());

function leftovers(): readonly string[] {
  return readdirSync(served.plane.stores.uploads);
}

describe('uploads', () => {
  it('answer the existing release for the same bytes', async () => {
    expect(await upload(served, 'acme/orders', '4.18.0')).toMatchObject({ status: 200, body: { created: false, changed: false } });
    expect((await served.ask('POST', `${acme}/apps/orders/releases`, { body: jar('4.17.0'), headers: { ...jarType, 'Cameleer-Release': 'v1' } })).body.code).toBe('release_exists');
  });

  it('under one Idempotency-Key are of one JAR', async () => {
    const headers = { ...jarType, 'Idempotency-Key': 'upload-1' };
    const send = (version: string) => served.ask('POST', '/api/v1/tenants/globex/apps/tracking/releases', { body: jar(version), headers });
    const first = await send('4.18.0');
    expect(first).toMatchObject({ status: 201, body: { created: true } });
    expect(await send('4.18.0')).toMatchObject({ status: 201, body: { commit: first.body['commit'] } });
    expect(await send('4.17.0')).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
  });

  it('that are no JAR are refused and leave nothing', async () => {
    expect(await served.ask('POST', `${acme}/apps/orders/releases`, { body: 'hello', headers: jarType })).toMatchObject({ status: 422, body: { code: 'not_a_zip' } });
    expect((await served.ask('POST', `${acme}/apps/orders/releases`, { body: '', headers: jarType })).body.code).toBe('upload_empty');
    expect(leftovers()).toEqual([]);
  });

  it('over the limit of the tier are refused before they are read', async () => {
    const reply = await raw(served.server.url, `POST ${acme}/apps/orders/releases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.operator}\r\nContent-Type: application/java-archive\r\nContent-Length: 999999999999\r\n\r\n`);
    expect(reply).toContain('413');
    expect(reply).toContain('jar_too_large');
  });

  it('that are refused while they are being sent get their answer, the connection not being reset before', async () => {
    const size = 8 * 1024 * 1024;
    // As many clients do: the whole body first, and only then the answer.
    const refused = async (path: string, type: string, token: string) => {
      const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1').pause();
      const write = (data: string | Uint8Array) => new Promise<void>((resolve, reject) => {
        socket.write(data, (error) => (error == null ? resolve() : reject(error)));
      });
      await write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < 16; sent += 1) {
        await write(Buffer.alloc(size / 16));
        await setTimeout(10);
      }
      const answer = await text(socket);
      return [Number(answer.split(' ')[1]), (JSON.parse(answer.slice(answer.indexOf('{'))) as { code: string }).code];
    };
    expect(await refused(`${acme}/apps/orders/releases`, 'application/java-archive', `cml_${'a'.repeat(43)}`)).toEqual([401, 'unauthenticated']);
    expect(await refused(`${orders}/restarts`, 'text/plain', served.operator)).toEqual([415, 'unsupported_media_type']);
    expect(await refused(`${orders}/deployments`, 'application/json', served.operator)).toEqual([413, 'body_too_large']);
  });

  it('that are cut in half leave nothing', async () => {
    const head = await served.ask('GET', `${acme}/history?limit=1`);
    const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
    socket.write(`POST ${acme}/apps/orders/releases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.operator}\r\nContent-Type: application/java-archive\r\nContent-Length: 100000\r\n\r\n`);
    socket.write(Buffer.alloc(50_000));
    await expect.poll(leftovers).toHaveLength(1);
    socket.destroy();
    await expect.poll(leftovers).toEqual([]);
    expect((await served.ask('GET', `${acme}/history?limit=1`)).body).toEqual(head.body);
  });
});
