import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAudit } from '../../ledger/index.ts';
import { serve, type Served } from '../testing/serve.ts';
import { runStockGit as runGit, type GitRun } from '../../engine/testing/run-stock-git.ts';

let served: Served;
let folder: string;
let clones = 0;

beforeAll(async () => {
  served = await serve();
  folder = mkdtempSync(join(tmpdir(), 'cameleer-git-'));
}, 60_000);

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = 'tenants/ac/acme/settings.yaml';
const globex = 'tenants/gl/globex/tenant.yaml';

function address(path: string, token: string = served.operator): string {
  const url = new URL(`${served.server.url}/git/${path}`);
  url.username = 'me';
  url.password = token;
  return url.href;
}

/** A clone of the state repository, with what is on main now. */
async function clone(): Promise<string> {
  clones += 1;
  const path = join(folder, `clone-${clones}`);
  expect(await runGit(folder, ['clone', '--quiet', address('state.git'), path])).toMatchObject({ status: 0 });
  return path;
}

function edit(clone: string, path: string, change: (text: string) => string): void {
  writeFileSync(join(clone, path), change(readFileSync(join(clone, path), 'utf8')));
}

async function commit(clone: string, message: string): Promise<string> {
  await runGit(clone, ['add', '-A']);
  expect(await runGit(clone, ['commit', '--quiet', '-m', message])).toMatchObject({ status: 0 });
  return (await runGit(clone, ['rev-parse', 'HEAD'])).out.trim();
}

const push = (clone: string, ...refs: string[]): Promise<GitRun> => runGit(clone, ['push', 'origin', ...refs]);
const head = () => served.plane.stores.engine.head();
const named = (name: string) => (text: string) => text.replace(/displayName: .*/, `displayName: ${name}`);

describe('state.git', () => {
  test('is cloned whole by an operator, in every version of the protocol', async () => {
    for (const version of ['0', '1', '2']) {
      const path = join(folder, `version-${version}`);
      const run = await runGit(folder, ['-c', `protocol.version=${version}`, 'clone', '--quiet', address('state.git'), path]);
      expect(run, run.err).toMatchObject({ status: 0 });
      expect((await runGit(path, ['rev-parse', 'HEAD'])).out.trim()).toBe(head().commit);
      expect((await runGit(path, ['rev-parse', 'origin/cells/local'])).out.trim()).toBe(head().cells.get('local'));
    }
  });

  test('an accepted push is on main, rendered, audited, and keeps its author', async () => {
    const path = await clone();
    edit(path, globex, (text) => text.replace('lifecycle: active', 'lifecycle: suspended'));
    const id = await commit(path, 'Suspend globex');
    const run = await push(path, 'HEAD:main');
    expect(run, run.err).toMatchObject({ status: 0 });
    expect(head().commit).toBe(id);
    const cell = await served.plane.stores.engine.cell('local');
    expect(cell?.sourceCommit).toBe(id);
    expect(await served.ask('GET', '/api/v1/tenants/globex/tenant')).toMatchObject({ status: 200, body: { object: { spec: { lifecycle: 'suspended' } } } });
    expect((await runGit(path, ['log', '-1', '--format=%an <%ae>', 'HEAD'])).out.trim()).toBe('Op <op@acme.example>');
    const audit = (await listAudit(served.plane.stores.ledger, { chain: '_platform' })).filter(({ action }) => action === 'state.push');
    expect(audit.map(({ phase, commit, door }) => ({ phase, commit, door }))).toEqual([{ phase: 'intended', commit: id, door: 'push' }, { phase: 'done', commit: id, door: 'push' }]);
  });

  test('a refused push says where it is wrong, and has moved nothing', async () => {
    const path = await clone();
    const before = head().commit;
    edit(path, settings, named('[1]'));
    writeFileSync(join(path, 'tenants/in/initech/settings.yaml'), 'spec: [\n');
    await commit(path, 'Break two tenants');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toMatch(/remote: tenants\/ac\/acme\/settings\.yaml:6:16: field_type: /);
    expect(run.err).toMatch(/remote: tenants\/in\/initech\/settings\.yaml:\d+:\d+: /);
    expect(run.err).toContain('! [remote rejected] HEAD -> main (the state would be invalid)');
    expect(head().commit).toBe(before);
    expect(readdirSync(join(served.plane.stores.stateRepository, 'objects')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  test('who pushes second is told to fetch first, and loses nothing', async () => {
    const [mine, theirs] = [await clone(), await clone()];
    edit(theirs, settings, named('Other'));
    const first = await commit(theirs, 'Name acme');
    edit(mine, 'tenants/in/initech/settings.yaml', (text) => `${text}# seen\n`);
    await commit(mine, 'Leave a comment');
    expect(await push(theirs, 'HEAD:main')).toMatchObject({ status: 0 });
    const refused = await push(mine, 'HEAD:main');
    expect(refused.err).toContain('(fetch first)');
    expect(head().commit).toBe(first);
    expect(await runGit(mine, ['pull', '--quiet', '--rebase', 'origin', 'main'])).toMatchObject({ status: 0 });
    expect(await push(mine, 'HEAD:main')).toMatchObject({ status: 0 });
  });
});
