import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { killRounds } from '../bench/kill-rounds.ts';
import { deployment, makeFixture } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await makeFixture(3);
});
afterEach(async () => {
  await fixture.remove();
});

describe('a killed writer', () => {
  test('loses no acknowledged write, and leaves no cell ahead of main', { timeout: 180_000 }, async () => {
    const { directory, state } = fixture;
    const report = await killRounds({ directory, tenants: state.tenantIds, rounds: 12, random: Math.random });
    expect(report.broken).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(0);
    const engine = await fixture.open();
    expect(fixture.git(['rev-parse', 'main'])).toBe(engine.head().commit);
    expect(engine.head().quarantines.size).toBe(0);
    const [last] = await engine.history({ limit: 1 });
    expect(last?.signature).toBe('platform');
    await engine.close();
  });
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
