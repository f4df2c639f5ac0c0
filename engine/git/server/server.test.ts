import { spawn, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assert, asyncProperty, uint8Array, array, string } from 'fast-check';
import { makeFixture } from '../../testing/fixture.ts';
import type { Fixture } from '../../testing/fixture.ts';
import { FLUSH, PacketReader, pktLine, sideBand } from './pkt-line.ts';
import { pushMessage, pushReport } from './push-report.ts';
import { isReferenceName, pushAdvertisement, readPushRequest } from './push-request.ts';
import { receivePack, removeLeftQuarantines } from './receive-pack.ts';
import { makeSlots } from './slots.ts';

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part;
}

async function drained(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

describe('packets', () => {
  test('are read as they were written, however the bytes are cut, and the rest is handed out', async () => {
    await assert(asyncProperty(array(uint8Array({ maxLength: 300 }), { maxLength: 8 }), uint8Array({ maxLength: 300 }), array(uint8Array({ min: 1, max: 50, minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 }), async (contents, rest, cuts) => {
      const bytes = Buffer.concat([...contents.map((content) => pktLine(content)), FLUSH, rest]);
      const pieces: Buffer[] = [];
      const steps = cuts.flatMap((cut) => [...cut]);
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) pieces.push(bytes.subarray(at, (at += steps[turn % steps.length]!)));
      const reader = new PacketReader(chunks(...pieces));
      for (const content of contents) expect(await reader.next()).toEqual(Buffer.from(content));
      expect(await reader.next()).toBe('flush');
      expect(await drained(reader.rest())).toEqual(Buffer.from(rest));
    }), { numRuns: 100 });
  });

  test.each(['zzzz', '0003', 'fff5', '0009abc', '00'])('%s is none', async (text) => {
    const reader = new PacketReader(chunks(Buffer.from(text)));
    await expect(reader.next()).rejects.toMatchObject({ code: 'protocol' });
  });

  test('a long text in a band goes into as many packets as it needs', async () => {
    const reader = new PacketReader(chunks(sideBand(2, 'x'.repeat(150_000))));
    const lengths: number[] = [];
    for (let packet = await reader.next(); Buffer.isBuffer(packet); packet = await reader.next()) lengths.push(packet.length - 1);
    expect(lengths).toEqual([65_515, 65_515, 18_970]);
  });
});

describe('a push', () => {
  const id = 'a'.repeat(40);

  test('says which refs, what it understands, and brings its pack', async () => {
    const push = await readPushRequest(chunks(pktLine(`shallow ${id}`), pktLine(`${id} ${'b'.repeat(40)} refs/heads/main\0 report-status side-band-64k atomic agent=git/2\n`), pktLine(`${id} ${'0'.repeat(40)} refs/heads/old`), FLUSH, Buffer.from('PACK')));
    expect(push.commands).toEqual([{ name: 'refs/heads/main', before: id, after: 'b'.repeat(40) }, { name: 'refs/heads/old', before: id, after: undefined }]);
    expect([push.report, push.sideBand, push.atomic]).toEqual([true, true, true]);
    expect((await drained(push.pack)).toString()).toBe('PACK');
  });

  test('of nothing is git’s way of trying', async () => {
    expect((await readPushRequest(chunks(FLUSH))).commands).toEqual([]);
    expect((await readPushRequest(chunks())).commands).toEqual([]);
  });

  test('of what is no command is refused, with whatever name', async () => {
    await assert(asyncProperty(string({ maxLength: 60, unit: 'binary' }), async (name) => {
      const bytes = chunks(pktLine(`${id} ${id} ${name}\0 report-status`), FLUSH);
      const read = await readPushRequest(bytes).then((push) => push.commands[0]?.name, (error: unknown) => (error as { code: string }).code);
      expect(read === 'protocol' || isReferenceName(read ?? '')).toBe(true);
    }), { numRuns: 150 });
  });

  test('names of refs are those that git takes', () => {
    const alphabet = ['a', 'b', '.', '/', '..', '~', '^', ':', '?', '*', '[', '\\', ' ', '@{', '@', '.lock', '-', '\u007f', 'é', '\t'];
    const names = Array.from({ length: 400 }, (_, seed) => `refs/${Array.from({ length: 1 + (seed % 5) }, (_unused, at) => alphabet[(seed * 7 + at * 13 + ((seed >> 3) * at)) % alphabet.length]).join('')}`);
    const git = (name: string) => {
      try {
        execFileSync('git', ['check-ref-format', name], { stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    };
    for (const name of new Set(names)) if (isReferenceName(name)) expect([name, git(name)]).toEqual([name, true]);
    expect(['refs/heads/main', 'refs/for/main', 'refs/heads/é'].every(isReferenceName)).toBe(true);
    expect(['main', 'refs/', 'refs//a', 'refs/a/', 'refs/.a', 'refs/a.lock'].some(isReferenceName)).toBe(false);
  });

  test('is told what there is, also where there is nothing', () => {
    expect(pushAdvertisement(new Map([['refs/heads/main', id]])).toString()).toContain(`${id} refs/heads/main\0report-status`);
    expect(pushAdvertisement(new Map()).toString()).toContain(`${'0'.repeat(40)} capabilities^{}`);
  });
});

function sha1(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha1').update(Buffer.concat(parts)).digest();
}

/** Of an object in a pack: its type and size, gitformat-pack(5). */
function head(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = size >> 4; rest > 0; rest >>= 7) {
    bytes.push((bytes.pop() ?? 0) | 0x80, rest & 0x7f);
  }
  return Buffer.from(bytes);
}

test('what a push is told is one line each, whatever it quotes', () => {
  const request = { sideBand: true, report: true };
  const text = pushMessage(request, `a\nb\r\u001b]0;c\u0007\u2028${'d'.repeat(100_000)}`).toString().slice('0000.'.length);
  expect(text).toMatch(/^a\ufffdb\ufffd\ufffd\]0;c\ufffd\ufffdd+…\n$/);
  const report = pushReport({ sideBand: false, report: true }, { unpack: 'x\ny', references: new Map([['refs/heads/main', `no\nok refs/heads/cells/local${'z'.repeat(70_000)}`]]) }).toString();
  expect(report.split('\n')).toHaveLength(3);
  expect(report).toContain('ng refs/heads/main no\ufffdok refs/heads/cells/local');
});

describe('a pack', () => {
  let fixture: Fixture;
  const limits = { bytes: 1 << 20, milliseconds: 60_000 };
  const never = new AbortController().signal;
  const left = () => readdirSync(join(fixture.directory, 'objects')).filter((name) => name.startsWith('tmp_objdir'));

  beforeEach(async () => {
    fixture = await makeFixture(1);
  });
  afterEach(() => fixture.remove());

  /** A pack of one new blob, and its id. */
  function packOf(text: string): { readonly pack: Buffer; readonly blob: string } {
    const other = join(fixture.folder, 'other.git');
    execFileSync('git', ['init', '-q', '--bare', other]);
    const blob = execFileSync('git', ['-C', other, 'hash-object', '-w', '--stdin'], { input: text, encoding: 'utf8' }).trim();
    return { blob, pack: execFileSync('git', ['-C', other, 'pack-objects', '--stdout', '-q'], { input: `${blob}\n` }) };
  }

  test('is seen by nobody else until it is kept, and then by all', async () => {
    const { pack, blob } = packOf('new\n');
    const quarantine = await receivePack(fixture.directory, chunks(pack), { limits, signal: never });
    expect((await quarantine.objects.blob(blob, 1e6)).content?.toString()).toBe('new\n');
    expect(() => fixture.git(['cat-file', '-e', blob])).toThrow();
    await quarantine.keep();
    await quarantine.drop();
    expect(fixture.git(['cat-file', 'blob', blob])).toBe('new');
    expect(left()).toEqual([]);
    expect(readdirSync(join(fixture.directory, 'objects/pack')).filter((name) => name.endsWith('.keep'))).toEqual([]);
  });

  test('that is dropped, cut short, too large or nonsense leaves nothing', async () => {
    const { pack, blob } = packOf('x'.repeat(5_000));
    await (await receivePack(fixture.directory, chunks(pack), { limits, signal: never })).drop();
    for (const [bytes, limit] of [[pack.subarray(0, pack.length - 5), 1 << 20], [Buffer.from('nonsense'), 1 << 20], [Buffer.alloc(0), 1 << 20], [pack, 10]] as const) {
      await expect(receivePack(fixture.directory, chunks(bytes), { limits: { ...limits, bytes: limit }, signal: never })).rejects.toMatchObject({ code: 'pack_refused' });
    }
    expect(left()).toEqual([]);
    expect(() => fixture.git(['cat-file', '-e', blob])).toThrow();
  });

  test('of a kilobyte that stands for gigabytes is refused before memory is taken for them', async () => {
    const base = Buffer.alloc(1 << 20);
    // The sizes of both sides, seven bits a byte, then one instruction for each copy of the whole base.
    const delta = Buffer.concat([Buffer.from([0x80, 0x80, 0x40, 0x80, 0x80, 0x80, 0x80, 0x04]), Buffer.alloc(2 * 1024, Buffer.from([0xc0, 0x10]))]);
    const pack = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x02', 'latin1'), head(3, base.length), deflateSync(base), head(7, delta.length), sha1(Buffer.from('blob 1048576\0'), base), deflateSync(delta)]);
    await expect(receivePack(fixture.directory, chunks(pack, sha1(pack)), { limits, signal: never })).rejects.toMatchObject({ code: 'pack_refused', message: expect.stringContaining('larger than the state may hold') as string });
    expect(left()).toEqual([]);
  });

  test('whose sender goes away, or that takes too long, ends its process and leaves nothing', async () => {
    const gone = new AbortController();
    async function* stalls(): AsyncGenerator<Uint8Array> {
      yield packOf('x').pack.subarray(0, 14);
      await once(gone.signal, 'abort');
    }
    const receiving = receivePack(fixture.directory, stalls(), { limits, signal: gone.signal });
    setTimeout(() => gone.abort(), 100);
    await expect(receiving).rejects.toMatchObject({ code: 'pack_refused' });
    await expect(receivePack(fixture.directory, stalls(), { limits: { ...limits, milliseconds: 50 }, signal: never })).rejects.toMatchObject({ code: 'pack_refused' });
    expect(left()).toEqual([]);
  });

  test('of a process that was killed is removed by the next one, and by no living one', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../testing/receive.child.ts'), fixture.directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {});
    child.stdin.write(packOf('half').pack.subarray(0, 14));
    await once(child.stdout, 'data');
    await removeLeftQuarantines(fixture.directory, new Date());
    expect(left()).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    await removeLeftQuarantines(fixture.directory, new Date());
    expect(left()).toEqual([]);
    expect(fixture.git(['fsck', '--strict', '--no-dangling'])).toBe('');
    expect(existsSync(join(fixture.directory, 'objects'))).toBe(true);
  });
});

test('room is for so many; the next wait their turn, for so long, and no more than so many wait', async () => {
  const slots = makeSlots({ running: 1, waiting: 1, milliseconds: 50 });
  const first = await slots.take();
  const second = slots.take();
  expect(await slots.take()).toBeUndefined();
  first?.();
  first?.();
  const held = await second;
  expect(held).toBeDefined();
  const began = performance.now();
  expect(await slots.take()).toBeUndefined();
  expect(performance.now() - began).toBeGreaterThan(40);
  held?.();
  expect(await slots.take()).toBeDefined();
});
