import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { keepAllowedSigners } from './allowed-signers.ts';

const directory = mkdtempSync(join(tmpdir(), 'cameleer-signers-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('keeps the line of an earlier key, whose commits must go on verifying', () => {
  const path = join(directory, 'allowed-signers');
  const kept = ['ssh-ed25519 AAAA1', 'ssh-ed25519 AAAA2', 'ssh-ed25519 AAAA2'].map((key) => keepAllowedSigners(directory, key));
  expect(kept).toEqual([['ssh-ed25519 AAAA1'], ['ssh-ed25519 AAAA1', 'ssh-ed25519 AAAA2'], ['ssh-ed25519 AAAA1', 'ssh-ed25519 AAAA2']]);
  const line = (key: string) => `platform@noreply.cameleer.io namespaces="git" ${key}`;
  expect(readFileSync(path, 'utf8')).toBe(`${line('ssh-ed25519 AAAA1')}\n${line('ssh-ed25519 AAAA2')}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});
