import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiRequest } from '../http/route.ts';
import { gitHook } from './git-hook.ts';
import { serve, type Served } from '../testing/serve.ts';

const secret = 'a secret of the webhook';
const path = '/api/v1/hooks/git';
const body = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/state' } });
const hmac = (text: string, by = secret) => createHmac('sha256', by).update(text).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'cameleer-hook-'));
let served: Served;

beforeAll(async () => {
  writeFileSync(join(folder, 'secret'), `${secret}\n`);
  served = await serve({ state: { hookSecretFile: join(folder, 'secret') } });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

const ask = (headers: Readonly<Record<string, string>>, text = body) => served.ask('POST', path, { token: null, body: text, headers: { 'Content-Type': 'application/json', ...headers } });

describe('a webhook of the Git host', () => {
  it.each([
    ['GitHub', { 'X-Hub-Signature-256': `sha256=${hmac(body)}` }],
    ['Gitea', { 'X-Gitea-Signature': hmac(body) }],
    ['GitLab', { 'X-Gitlab-Token': secret }],
  ])('of %s is accepted, as often as it comes', async (_, headers) => {
    for (let turn = 0; turn < 3; turn += 1) expect((await ask(headers)).status).toBe(202);
  });

  it.each([
    ['no signature', {}],
    ['another secret', { 'X-Hub-Signature-256': `sha256=${hmac(body, 'another')}` }],
    ['the signature of another body', { 'X-Gitea-Signature': hmac('{}') }],
    ['an empty token', { 'X-Gitlab-Token': '' }],
    ['the HMAC in place of the token', { 'X-Gitlab-Token': hmac(body) }],
    ['a signature that is cut', { 'X-Hub-Signature-256': `sha256=${hmac(body).slice(0, 60)}` }],
  ])('with %s is refused', async (_, headers) => {
    expect(await ask(headers)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it('makes the control plane look at the state', async () => {
    const { engine } = served.plane.stores;
    await ask({ 'X-Gitlab-Token': secret });
    await engine.look();
    expect(engine.head().commit).not.toBe('');
  });
});

it('without a secret there is no webhook, and one that is too short stops the start', async () => {
  expect(() => gitHook.handle({ stores: {}, headers: {}, body } as ApiRequest)).toThrow(expect.objectContaining({ code: 'not_found' }));
  writeFileSync(join(folder, 'short'), 'short');
  await expect(serve({ state: { hookSecretFile: join(folder, 'short') } })).rejects.toMatchObject({ code: 'hook_secret_unusable' });
});
