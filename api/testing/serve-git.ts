import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Head } from '../../engine/index.ts';
import { runStockGit, type GitRun } from '../../engine/testing/run-stock-git.ts';
import { serve, type Served } from './serve.ts';

export interface ServedGit extends Served {
  /** For clones; removed when this closes. */
  readonly folder: string;
  /** Tokens: of an auditor of the platform, and of an admin and a viewer of acme. */
  readonly auditor: string;
  readonly admin: string;
  readonly viewer: string;
  /** With the token in it, the operator's by default. */
  address(path: string, token?: string): string;
  /** A clone of the state repository, with what is on main now. */
  clone(): Promise<string>;
  head(): Head;
}

/** What `serve` gives, with people of each kind that the Git server tells apart. */
export async function serveGit(): Promise<ServedGit> {
  const served = await serve();
  const auditor = await served.person('usr_auditor000000001');
  const admin = await served.person('usr_admin00000000001', 'acme', [{ role: 'admin', environments: ['*'] }]);
  const viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  const { headers } = await served.ask('GET', '/api/v1/platform');
  const appointed = await served.ask('PATCH', '/api/v1/platform', { json: { spec: { auditors: ['usr_auditor000000001'] } }, headers: { 'If-Match': headers.get('etag') ?? '' } });
  expect(appointed.status).toBe(200);
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-git-'));
  const address = (path: string, token = served.operator) => {
    const url = new URL(`${served.server.url}/git/${path}`);
    url.username = 'me';
    url.password = token;
    return url.href;
  };
  return {
    ...served, folder, auditor, admin, viewer, address,
    async clone() {
      const path = mkdtempSync(join(folder, 'clone-'));
      expect(await runStockGit(folder, ['clone', '--quiet', address('state.git'), path])).toMatchObject({ status: 0 });
      return path;
    },
    head: () => served.plane.stores.engine.head(),
    async close() {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function edit(clone: string, path: string, change: (text: string) => string): void {
  writeFileSync(join(clone, path), change(readFileSync(join(clone, path), 'utf8')));
}

/** Commits all that has changed; gives the commit. */
export async function commit(clone: string, message: string): Promise<string> {
  await runStockGit(clone, ['add', '-A']);
  expect(await runStockGit(clone, ['commit', '--quiet', '-m', message])).toMatchObject({ status: 0 });
  return (await runStockGit(clone, ['rev-parse', 'HEAD'])).out.trim();
}

export function push(clone: string, ...refs: string[]): Promise<GitRun> {
  return runStockGit(clone, ['push', 'origin', ...refs]);
}

/** Gives settings another display name. */
export function named(name: string): (text: string) => string {
  return (text) => text.replace(/displayName: .*/, `displayName: ${name}`);
}
