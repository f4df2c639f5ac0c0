import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES } from './parse/load-file.ts';
import { readFolder } from './read-folder.ts';
import { validateState } from './validate-state.ts';

describe('readFolder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cameleer-folder-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives the blob ids that Git gives, in path order, without .git', async () => {
    execFileSync('git', ['init', '-q', folder]);
    writeFileSync(join(folder, 'b.yaml'), 'é: 1\n');
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a/c.yaml'), '');
    const files = await readFolder(folder);
    expect(files.map((file) => file.path)).toEqual(['a/c.yaml', 'b.yaml']);
    for (const file of files) expect(file.oid).toBe(execFileSync('git', ['-C', folder, 'hash-object', file.path], { encoding: 'utf8' }).trim());
  });

  it('gives a file whose name is not UTF-8 back as no object of any kind', async () => {
    mkdirSync(join(folder, 'tiers'));
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'tiers/')), Buffer.from([0xff]), Buffer.from('.yaml')]), 'x');
    const problems = validateState(await readFolder(folder)).filter(({ code }) => code !== 'file_missing');
    expect(problems.map(({ path, code }) => [path, code])).toEqual([['tiers/\uFFFD.yaml', 'file_unknown']]);
  });

  it('follows no symbolic link, and reads no file over the limit', async () => {
    writeFileSync(join(folder, 'secret'), 'outside');
    mkdirSync(join(folder, 'state/tiers'), { recursive: true });
    symlinkSync('../../secret', join(folder, 'state/tiers/low.yaml'));
    symlinkSync('..', join(folder, 'state/cells'));
    writeFileSync(join(folder, 'state/platform.yaml'), 'x'.repeat(MAX_FILE_BYTES + 1));
    const files = await readFolder(join(folder, 'state'));
    expect(files.map(({ path, mode, bytes }) => [path, mode, bytes])).toEqual([['cells', 'symlink', undefined], ['platform.yaml', 'file', undefined], ['tiers/low.yaml', 'symlink', undefined]]);
    expect(validateState(files).map((problem) => `${problem.path} ${problem.code}`)).toEqual(['cells symlink_forbidden', 'platform.yaml file_too_large', 'tiers/low.yaml symlink_forbidden']);
  });
});
