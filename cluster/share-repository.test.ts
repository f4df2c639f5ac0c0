import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { shareRepository } from './share-repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-share-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a repository is used by one alone, or by any number that share it', () => {
  const repository = join(folder, 'state.git');
  const alone = shareRepository(repository, 'alone');
  expect(() => shareRepository(repository, 'alone')).toThrow(expect.objectContaining({ code: 'replica_needs_postgres' }));
  expect(() => shareRepository(repository, 'shared')).toThrow(expect.objectContaining({ code: 'replica_needs_postgres' }));
  alone.release();
  const shared = [shareRepository(repository, 'shared'), shareRepository(repository, 'shared')];
  expect(() => shareRepository(repository, 'alone')).toThrow(expect.objectContaining({ code: 'replica_needs_postgres' }));
  for (const lock of shared) lock.release();
  shareRepository(repository, 'alone').release();
});
