import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateAgeKey, open } from '../secrets/index.ts';
import { serve } from './testing/serve.ts';

test('a backup with keys holds those of the control plane, wherever they are', { timeout: 60_000 }, async () => {
  const keys = mkdtempSync(join(tmpdir(), 'cameleer-shared-keys-'));
  const served = await serve({ keys });
  try {
    const { identity, recipient } = await generateAgeKey();
    expect(await served.ask('POST', '/api/v1/backups', { json: { recipient: 'age1nonsense' } })).toMatchObject({ status: 422, body: { code: 'bad_recipient' } });
    const { status, body } = await served.ask('POST', '/api/v1/backups', { json: { recipient } });
    expect(status).toBe(201);
    const held = JSON.parse(await open(readFileSync(join(String(body['folder']), 'keys.age'), 'latin1'), [identity])) as Record<string, string>;
    expect(Object.keys(held).sort()).toEqual(readdirSync(keys).sort());
    expect(held['state']).toBe(readFileSync(join(keys, 'state'), 'utf8'));
  } finally {
    await served.close();
    rmSync(keys, { recursive: true, force: true });
  }
});
