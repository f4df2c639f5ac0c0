import { execFile } from 'node:child_process';
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

describe('a full disk', () => {
  test('refuses the write, changes nothing, and is over when there is room', { timeout: 60_000 }, async () => {
    const tenant = fixture.state.tenantIds[0]!;
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../bench/writer.child.ts'), 'full', fixture.directory, '0', tenant]);
    const [before = '', during, head, after = ''] = stdout.trim().split('\n');
    expect(before).toMatch(/^wrote /);
    expect(during).toBe('failed disk_full');
    expect(head).toBe(`head ${before.split(' ')[1]}`);
    expect(fixture.git(['rev-parse', 'main'])).toBe(after.split(' ')[1]);
    expect(fixture.git(['rev-parse', 'main^'])).toBe(before.split(' ')[1]);
    fixture.git(['fsck', '--strict']);
    const engine = await fixture.open();
    expect((await engine.get(deployment(tenant)))!.object.spec.env?.['FULL']).toBe('after');
    await engine.close();
  });
});
