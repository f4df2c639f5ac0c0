import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployment, makeFixture } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await makeFixture(3);
});
afterEach(async () => {
  await fixture.remove();
});

describe('a disk that can not be written', () => {
  test.each([['full', 'disk_full'], ['readonly', 'not_writable']])('refuses the write, changes nothing, and is over when it can: %s', { timeout: 60_000 }, async (mode, code) => {
    if (mode === 'readonly' && process.getuid?.() === 0) execFileSync('chown', ['-R', '65534', fixture.folder]);
    const tenant = fixture.state.tenantIds[0]!;
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../bench/writer.child.ts'), mode, fixture.directory, '0', tenant]);
    const [before = '', during, head, after = ''] = stdout.trim().split('\n');
    expect(before).toMatch(/^wrote /);
    expect(during).toBe(`failed ${code}`);
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '0', fixture.folder]);
    expect(head).toBe(`head ${before.split(' ')[1]}`);
    expect(fixture.git(['rev-parse', 'main'])).toBe(after.split(' ')[1]);
    expect(fixture.git(['rev-parse', 'main^'])).toBe(before.split(' ')[1]);
    fixture.git(['fsck', '--strict']);
    const engine = await fixture.open();
    expect((await engine.get(deployment(tenant)))!.object.spec.env?.['FULL']).toBe('after');
    await engine.close();
  });
});
