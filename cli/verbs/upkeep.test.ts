import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiServer } from '../../api/server.ts';
import { openControlPlane } from '../../workflows/index.ts';
import { run } from '../run.ts';
import { memoryIo } from '../testing/memory-io.ts';

const root = join(import.meta.dirname, '../..');
const logger = { info: () => {}, warn: () => {}, error: () => {} };
let place: string;
let data: string;
let url = '';
let close: () => Promise<void>;
let environment: Readonly<Record<string, string>> = {};

/** A real control plane on the data directory, as `npm start` has it. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'cameleer-cli-upkeep-'));
  data = join(place, 'var');
  const server = createApiServer();
  const plane = await openControlPlane({
    directory: data, mode: 'development', loopback: true, seed: { example: join(root, 'tenants-example'), dummies: join(root, 'fixtures/seed') },
    claim: async () => { ({ url } = await server.bind({ host: '127.0.0.1', port: 0 })); },
    logger, now: () => new Date(), random: (bytes) => randomBytes(bytes),
  });
  server.serve({ stores: plane.stores, logger: logger as never });
  await writeFile(join(data, 'control-plane.json'), JSON.stringify({ url }));
  let running = true;
  close = async () => {
    if (!running) return;
    running = false;
    await server.close(0);
    await plane.close({ keepPods: false });
  };
}, 120_000);
afterAll(async () => {
  await close();
  await rm(place, { recursive: true, force: true });
});

async function cameleer(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const memory = memoryIo({ env: { CAMELEER_DATA: data, ...environment }, cwd: place, now: () => new Date() });
  const code = await run(argv, memory.io);
  return { code, out: memory.out(), err: memory.err() };
}

test('what upkeep.md tells an operator: back up, rehearse, restore, look and repair, with the control plane running and stopped', { timeout: 180_000 }, async () => {
  const online = await cameleer('backup', 'create', 'online.tar');
  expect(online.err).toBe('');
  expect(await cameleer('backup', 'create', 'online.tar')).toMatchObject({ code: 4 });
  const rehearsed = await cameleer('backup', 'rehearse', 'online.tar', '--signers', 'var/keys/allowed-signers', '--json');
  expect(rehearsed.err).toBe('');
  const report = JSON.parse(rehearsed.out) as { signature: string; commits: number; cells: { state: string }[]; ledger: { tables: Record<string, number> } };
  expect(report).toMatchObject({ signature: 'trusted', ledger: { tables: { people: 1, tokens: 1 } } });
  expect(report.cells.map(({ state }) => state)).toEqual(['equal', 'equal']);
  const beside = await cameleer('doctor', '--json');
  expect(JSON.parse(beside.out)).toMatchObject({ sound: true, findings: [{ code: 'ledger_not_checked' }] });
  expect((await cameleer('doctor', '--repair')).err).toContain('data_directory_in_use');

  await close();
  expect(await cameleer('backup', 'create', 'offline')).toMatchObject({ code: 0 });
  expect(await cameleer('backup', 'restore', 'offline', '--data', 'restored')).toMatchObject({ code: 0 });
  expect(existsSync(join(place, 'restored/state.git'))).toBe(true);
  expect(await cameleer('backup', 'restore', 'offline', '--data', 'restored')).toMatchObject({ code: 4 });
  await writeFile(join(data, 'state.git/cameleer-rendered.json'), '{');
  expect(await cameleer('doctor')).toMatchObject({ code: 0, out: expect.stringContaining('notice: checkpoint_wrong') as string });
  expect(await cameleer('doctor', '--repair')).toMatchObject({ code: 0, out: expect.stringContaining('repaired: checkpoint_wrong') as string });
  const main = await readFile(join(data, 'state.git/refs/heads/main'), 'utf8');
  await writeFile(join(data, 'state.git/refs/heads/main'), '');
  expect(await cameleer('doctor')).toMatchObject({ code: 1, out: expect.stringContaining('error: ref_damaged') as string });
  await writeFile(join(data, 'state.git/refs/heads/main'), main);
  await appendFile(join(place, 'offline/state.bundle'), 'x');
  expect((await cameleer('backup', 'rehearse', 'offline')).err).toContain('error: backup_invalid');
});

test('keys that several processes share are those that sign a backup and that the doctor goes by; no others are made', { timeout: 180_000 }, async () => {
  await close();
  await rename(join(data, 'keys'), join(place, 'keys'));
  expect((await cameleer('backup', 'create', 'keyless')).err).toContain('error: file_not_readable');
  const keyless = await cameleer('doctor');
  expect({ code: keyless.code, missing: keyless.out.includes('key_missing'), accused: keyless.out.includes('cell_foreign') }).toEqual({ code: 1, missing: true, accused: false });
  environment = { CAMELEER_KEYS: 'keys' };
  expect(await cameleer('doctor')).toMatchObject({ code: 0 });
  expect(await cameleer('backup', 'create', 'shared')).toMatchObject({ code: 0 });
  expect(await cameleer('backup', 'rehearse', 'shared', '--signers', 'keys/allowed-signers')).toMatchObject({ code: 0 });
  expect(existsSync(join(data, 'keys'))).toBe(false);
});
