import { dirname, join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { createBackup } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { record } from '../schemas/answers.ts';

/** The embedded ledger is open in this process only, so a backup of it while the control plane runs is made here. */
export const createBackupRoute: Route = {
  method: 'post', path: '/api/v1/backups', operation: 'createBackup',
  summary: 'Back up the state repository and the ledger, as a consistent pair, into a new folder of the server’s data directory. With `recipient`, the private keys too, encrypted to it.',
  access: 'operator',
  body: { types: { 'application/json': record({ 'recipient?': { type: 'string', pattern: '^age1[a-z0-9]+$', maxLength: 4096 } }) }, required: false },
  responses: { 201: record({ folder: { type: 'string' }, createdAt: { type: 'string' }, main: { type: 'string' } }) },
  handle: async ({ stores, body }) => {
    const { recipient } = (body ?? {}) as { recipient?: string };
    const backups = join(dirname(stores.uploads), 'backups');
    await mkdir(backups, { recursive: true, mode: 0o700 });
    const folder = join(backups, `backup-${stores.now().toISOString().replaceAll(/[:.]/g, '-')}`);
    const source = { ledger: stores.ledger, stateRepository: stores.stateRepository, keys: stores.keysFolder, signingKey: stores.keys.state.private, now: () => stores.now() };
    const { createdAt, main } = await createBackup(source, folder, recipient === undefined ? {} : { recipient });
    return { status: 201, json: { folder, createdAt, main } };
  },
};
