import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAudit, recordAudit, type Sql } from '../ledger/index.ts';
import { endsRecorded } from './audit.ts';
import type { Caller } from './caller.ts';
import { openControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { patchObject } from './objects/patch.ts';
import { reconcileAudit } from './reconcile-audit.ts';
import { write } from './write.ts';

const root = join(import.meta.dirname, '..');
const directory = mkdtempSync(join(tmpdir(), 'cameleer-plane-'));
const quiet = () => undefined;
const options: ControlPlaneOptions = {
  directory, mode: 'development', loopback: true, java: join(directory, 'no-java'),
  seed: { example: join(root, 'tenants-example'), dummies: join(root, 'fixtures', 'seed') },
  logger: { info: quiet, warn: quiet, error: quiet }, now: () => new Date(), random: (bytes) => randomBytes(bytes),
};
const ref = { kind: 'Team', tenant: 'acme', name: 'integration' } as const;

let plane: ControlPlane;
let token: string | undefined;

function callerOf(requestId: string, repeated = false): Caller {
  const id = plane.stores.engine.platform().platform?.object.spec.operators[0] ?? '';
  return { subject: { kind: 'person', id }, door: 'api', requestId, repeated };
}

async function describeTeam(requestId: string, description: string) {
  const team = await plane.stores.engine.get(ref);
  return patchObject(plane.stores, callerOf(requestId), { ref, etag: team?.oid ?? '', patch: { spec: { description } } });
}

beforeAll(async () => {
  plane = await openControlPlane(options);
  token = plane.token;
}, 60_000);

afterAll(async () => {
  await plane.close({ keepPods: false });
  rmSync(directory, { recursive: true, force: true });
});

describe('a data directory', () => {
  it('belongs to one control plane at a time', async () => {
    await expect(openControlPlane(options)).rejects.toMatchObject({ code: 'data_directory_in_use' });
  });

  it('keeps its keys and its first token for its user alone', () => {
    for (const file of ['state', 'builder.pem', 'license-development.pem', 'key-encryption.age', 'cell-local.age', 'cli-token']) {
      expect(statSync(join(directory, 'keys', file)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(directory, 'keys', 'cli-token'), 'utf8')).toBe(`${token}\n`);
  });

  it('gives an auditor the key by which stock git verifies the commits of the platform', () => {
    const signers = `gpg.ssh.allowedSignersFile=${join(directory, 'keys', 'allowed-signers')}`;
    for (const branch of ['main', 'cells/local']) {
      const verify = spawnSync('git', ['-C', plane.stores.stateRepository, '-c', signers, 'verify-commit', branch], { encoding: 'utf8' });
      expect([verify.status, verify.stderr]).toEqual([0, expect.stringContaining('Good "git" signature for platform@noreply.cameleer.io')]);
    }
  });
});

describe('a restart', () => {
  it('reconciles the audit from Git, keeps keys and state, and makes no second token', async () => {
    const outcome = await describeTeam('req_seen', 'seen');
    const commit = outcome.kind === 'written' ? outcome.result.commit : '';
    const entry = { chain: 'acme', action: 'team.change', actor: callerOf('').subject.kind, door: 'api' };
    // As after a kill between the commit and `done`, and between `intended` and the commit.
    await recordAudit(plane.stores.ledger, { ...entry, requestId: 'req_seen', phase: 'intended', action: 'team.other' });
    await recordAudit(plane.stores.ledger, { ...entry, requestId: 'req_lost', phase: 'intended' });
    const before = plane.stores.keys.state.public;
    await plane.close({ keepPods: true });
    plane = await openControlPlane(options);
    expect(plane.token).toBeUndefined();
    expect(plane.stores.keys.state.public).toBe(before);
    expect((await plane.stores.engine.get(ref))?.object.spec.description).toBe('seen');
    const records = await listAudit(plane.stores.ledger, { chain: 'acme' });
    expect(records.find((each) => each.action === 'team.other' && each.phase === 'done')?.commit).toBe(commit);
    expect(records.find((each) => each.requestId === 'req_lost' && each.phase === 'failed')?.detail).toEqual({ code: 'process_ended' });
  }, 60_000);

});

describe('a lost ledger', () => {
  it('leaves the first operator a way in', async () => {
    // Emptied, which is what a new one would be; to make one takes seconds.
    await plane.stores.ledger.query('truncate people cascade');
    await plane.close({ keepPods: true });
    plane = await openControlPlane(options);
    expect(plane.token).toMatch(/^cml_/);
  }, 60_000);
});

describe('a ledger that fails after the commit', () => {
  it('does not make the change a failed one: the next start settles the audit', async () => {
    const { ledger } = plane.stores;
    let queries = 0;
    const failing = {
      // Two record an event.
      query: <T extends Record<string, unknown>>(text: string, parameters?: readonly unknown[]) => ((queries += 1) > 2 ? Promise.reject(new Error('no ledger')) : ledger.query<T>(text, parameters)),
      transaction: <T>(run: (sql: Sql) => Promise<T>) => ledger.transaction(run),
      close: () => ledger.close(),
    };
    const team = await plane.stores.engine.get(ref);
    const outcome = await patchObject({ ...plane.stores, ledger: failing }, callerOf('req_unrecorded'), { ref, etag: team?.oid ?? '', patch: { spec: { description: 'kept' } } });
    expect(outcome).toMatchObject({ kind: 'written', result: { changed: true } });
    await endsRecorded(failing);
    expect(queries).toBeGreaterThan(2);
    await reconcileAudit(plane.stores);
    const phases = (await listAudit(ledger, { chain: 'acme' })).filter((each) => each.requestId === 'req_unrecorded').map((each) => each.phase);
    expect(phases).toEqual(['intended', 'done']);
  });
});

describe('a repeated request', () => {
  it('finds the commit of the first instead of writing again', async () => {
    const first = await describeTeam('req_twice', 'once');
    const commit = first.kind === 'written' ? first.result.commit : '';
    const intent = { change: { action: 'team.change', actor: 'nobody', door: 'api', requestId: 'req_twice', subject: 'x' } as const, apply: () => Promise.reject(new Error('written again')) };
    const again = await write(plane.stores, callerOf('req_twice', true), intent);
    expect(again).toMatchObject({ kind: 'written', result: { commit, base: first.kind === 'written' ? first.result.base : '' } });
  });
});

describe('an unsafe start', () => {
  it('is refused: local processes behind an open address, development keys in production; a safe one can make a further token', async () => {
    await plane.close({ keepPods: true });
    let bound = false;
    const claim = () => {
      bound = true;
      return Promise.resolve();
    };
    await expect(openControlPlane({ ...options, loopback: false, claim })).rejects.toMatchObject({ code: 'unsafe_bind' });
    const empty = join(directory, 'empty');
    await expect(openControlPlane({ ...options, directory: empty, loopback: false, claim })).rejects.toMatchObject({ code: 'unsafe_bind' });
    expect([bound, existsSync(empty)]).toEqual([false, false]);
    await expect(openControlPlane({ ...options, mode: 'production' })).rejects.toMatchObject({ code: 'unsafe_development_key' });
    plane = await openControlPlane({ ...options, newToken: true });
    expect(plane.token).toMatch(/^cml_/);
    expect(plane.token).not.toBe(token);
  }, 60_000);
});

it('with a repository that others may use, pods are beside it, where whoever runs the cells next finds them', async () => {
  const shared = mkdtempSync(join(tmpdir(), 'cameleer-shared-'));
  try {
    const opened = await openControlPlane({ ...options, directory: join(shared, 'data'), state: { repository: join(shared, 'state', 'state.git') } });
    await opened.close({ keepPods: false });
    expect([existsSync(join(shared, 'state', 'pods')), existsSync(join(shared, 'data', 'pods'))]).toEqual([true, false]);
  } finally {
    rmSync(shared, { recursive: true, force: true });
  }
}, 60_000);

it('that can not begin, for want of git, leaves no half-made repository', () => {
  const data = mkdtempSync(join(tmpdir(), 'cameleer-gitless-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, ['api/main.js'], { cwd: root, env: { PATH: data, CAMELEER_DATA: data, CAMELEER_PORT: '0', CAMELEER_LOG_LEVEL: 'silent' }, encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('git_failed')]);
    expect(readdirSync(data).filter((name) => name.includes('state.git'))).toEqual([]);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}, 60_000);
