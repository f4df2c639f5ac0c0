import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { lockDataDirectory } from './lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'cameleer-lock-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('lets one control plane into a data directory at a time', () => {
  const first = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: 'data_directory_in_use' }));
  first.release();
  lockDataDirectory(directory).release();
});
