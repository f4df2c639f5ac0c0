import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve, type Served } from '../../api/testing/serve.ts';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { run } from '../run.ts';
import { memoryIo } from '../testing/memory-io.ts';

let served: Served;
let folder: string;

beforeAll(async () => {
  served = await serve();
  folder = mkdtempSync(join(tmpdir(), 'cameleer-cli-request-'));
  // As the walk is made: in a clone of the program, which is none of the state.
  await runStockGit(folder, ['init', '--quiet']);
  expect(await runStockGit(folder, ['commit', '--quiet', '--allow-empty', '-m', 'Begin'])).toMatchObject({ status: 0 });
}, 60_000);
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

async function cameleer(token: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const memory = memoryIo({ env: { CAMELEER_URL: served.server.url, CAMELEER_TOKEN: token }, cwd: folder, now: () => new Date() });
  const code = await run(argv, { ...memory.io, newId: () => randomUUID() });
  return { code, out: memory.out(), err: memory.err() };
}

async function person(name: string, role: string): Promise<string> {
  const { out } = await cameleer(served.operator, 'people', 'add', '--name', name, '--tenant', 'initech', '--role', role);
  expect(out).toContain(`is ${role} of initech`);
  return /cml_\S+/.exec(out)?.[0] ?? '';
}

test('the walk of docs/change-requests.md: three people, a policy, a request, two approvals, a merge', async () => {
  const [dan, ann, bob] = [await person('Dan', 'admin'), await person('Ann', 'admin'), await person('Bob', 'owner')];
  const path = join(folder, 'tenants/in/initech/environments/prod/environment.yaml');
  await mkdir(dirname(path), { recursive: true });
  const text = (await cameleer(dan, 'get', 'initech', '--env', 'prod')).out;
  writeFileSync(path, text.replace('count: 2', 'count: 1'));
  const tried = await cameleer(dan, 'apply', '--filename', path, '--dry-run');
  expect(tried.out).toContain('→ initech/prod asks for 2 approvals by people with the role owner or admin: it would become a change request.');
  expect((await cameleer(served.operator, 'apply', '--filename', path, '--dry-run')).out).not.toContain('would become a change request');
  expect((await cameleer(served.operator, 'apply', '--filename', path, '--dry-run', '--request')).out).toContain('would become a change request');
  const applied = await cameleer(dan, 'apply', '--filename', path);
  expect(applied.code).toBe(0);
  expect(applied.out).toContain('→ Change request 1: Replace environment initech/prod. Nothing has changed yet.');
  expect(applied.out).toContain('approved for initech/prod: 0 of 2 approvals');

  expect((await cameleer(dan, 'request', 'show', '1')).out).toContain('/spec/approval/approvers/count  2 → 1');
  expect(await cameleer(dan, 'request', 'approve', '1', '--yes')).toMatchObject({ code: 4, err: expect.stringContaining('own_request') });
  expect(await cameleer(ann, 'request', 'approve', '1')).toMatchObject({ code: 4, err: expect.stringContaining('not_confirmed') });
  expect(await cameleer(ann, 'request', 'approve', '1', '--plan', '00000000')).toMatchObject({ code: 4, err: expect.stringContaining('plan_outdated') });
  const { plan } = JSON.parse((await cameleer(ann, '--json', 'request', 'show', '1')).out) as { plan: { hash: string } };
  expect((await cameleer(ann, 'request', 'approve', '1', '--plan', plan.hash.slice(0, 12))).out).toContain('✓ Approved change request 1');
  expect(await cameleer(bob, 'request', 'merge', '1')).toMatchObject({ code: 4, err: expect.stringContaining('approvals_missing') });
  expect((await cameleer(bob, 'request', 'approve', '1', '--yes')).out).toContain('next: cameleer request merge 1');
  expect((await cameleer(bob, 'request', 'withdraw', '1')).out).toContain('1 of 2 approvals');
  expect((await cameleer(bob, 'request', 'approve', '1', '--yes')).code).toBe(0);
  expect((await cameleer(bob, 'request', 'merge', '1')).out).toContain('Change request 1 merged');
  expect((await cameleer(dan, 'request', 'list', '--tenant', 'initech')).out).toMatch(/^1 +merged +initech/m);
  expect((await cameleer(dan, 'get', 'initech', '--env', 'prod')).out).toBe(readFileSync(path, 'utf8'));
});

test('files become one request with --request, which is updated, closed and opened again', async () => {
  const dan = await person('Don', 'admin');
  const path = join(folder, 'tenants/in/initech/settings.yaml');
  await mkdir(dirname(path), { recursive: true });
  const { text } = await served.ask('GET', '/api/v1/tenants/initech/settings', { headers: { Accept: 'application/yaml' } });
  writeFileSync(path, text.replace('Initech Insurance', 'Initech'));
  expect((await cameleer(dan, 'apply', '--filename', path, '--request', '--title', 'Shorten the name', '--dry-run')).out).toContain('nothing was written');
  const opened = await cameleer(dan, 'apply', '--filename', path, '--request', '--title', 'Shorten the name');
  expect(opened.out).toContain('→ Change request 2: Shorten the name.');
  writeFileSync(path, text.replace('Initech Insurance', 'Initech Inc.'));
  expect((await cameleer(dan, 'request', 'update', '2', '--filename', path)).out).toMatch(/revision 2[^]*Initech Inc\./);
  expect((await cameleer(dan, 'request', 'close', '2')).out).toContain('Change request 2 closed');
  expect((await cameleer(dan, 'request', 'reopen', '2')).out).toContain('next: cameleer request merge 2');
  expect((await cameleer(dan, 'request', 'merge', '2')).out).toContain('Change request 2 merged');
  expect(await cameleer(dan, 'apply', '--filename', path, '--title', 'No')).toMatchObject({ code: 2 });
});

test('of a request that others have overtaken, each command says so in its own words', async () => {
  const [dora, abe] = [await person('Dora', 'admin'), await person('Abe', 'admin')];
  const path = join(folder, 'tenants/in/initech/settings.yaml');
  const { text } = await served.ask('GET', '/api/v1/tenants/initech/settings', { headers: { Accept: 'application/yaml' } });
  writeFileSync(path, text.replace(/displayName: .*/, 'displayName: Mine'));
  const number = /Change request (\d+)/.exec((await cameleer(dora, 'apply', '--filename', path, '--request')).out)?.[1] ?? '';
  expect(await cameleer(abe, 'request', 'update', number, '--filename', path)).toMatchObject({ code: 4, err: expect.stringContaining('not_its_author') });
  writeFileSync(path, text.replace(/displayName: .*/, 'displayName: Theirs'));
  expect((await cameleer(abe, 'apply', '--filename', path)).code).toBe(0);
  expect(await cameleer(abe, 'request', 'approve', number, '--yes')).toMatchObject({ code: 4, err: expect.stringContaining('plan_unknown') });
  expect(await cameleer(dora, 'request', 'merge', number)).toMatchObject({ code: 4, err: expect.stringMatching(/request_conflict[^]*is now "Theirs", requested "Mine"/) });
});

test('a file whose path names no object is told which name is wrong', async () => {
  const { code, err } = await cameleer(served.operator, 'apply', '--filename', 'tenants/in/initech/apps/Claims/app.yaml');
  expect([code, err]).toEqual([4, expect.stringMatching(/^error: not_a_state_repository: .* `Claims` is not a possible name here/)]);
});

test('who asks for what is not theirs is told what to ask for', async () => {
  const eve = await person('Eve', 'admin');
  expect(await cameleer(eve, 'request', 'list')).toMatchObject({ code: 4, err: expect.stringContaining('request list --tenant TENANT') });
  expect(await cameleer(eve, 'history')).toMatchObject({ code: 4, err: expect.stringContaining('history TENANT') });
  expect(await cameleer(eve, 'audit', 'export', '--from', '2026-01-01', '--to', '2026-02-01')).toMatchObject({ code: 4, err: expect.stringContaining('--tenant TENANT') });
  expect(await cameleer(eve, 'request', 'show', '9999')).toMatchObject({ code: 4, err: expect.stringContaining('request list') });
});

test('a list that goes on says how', async () => {
  const fay = await person('Fay', 'admin');
  const first = await cameleer(fay, 'request', 'list', '--tenant', 'initech', '--limit', '1');
  expect(first.out).toMatch(/--before (\d+)/);
  const rest = await cameleer(fay, 'request', 'list', '--tenant', 'initech', '--before', /--before (\d+)/.exec(first.out)?.[1] ?? '');
  expect(rest.out).toMatch(/^1 +merged/m);
});
