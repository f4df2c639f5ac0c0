import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LogLine } from '../driver.ts';
import { PodLog } from './pod-log.ts';
import { readLogFiles } from './read-log-file.ts';
import { deployment, NAMESPACE, revisionOf, service, until, workplace, type Workplace } from './testing/fake-cell.ts';
import { ask, podsOf } from './testing/look.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('the log of a pod', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cameleer-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (options: { maxBytes?: number; into?: string; lines?: string[] } = {}): PodLog => new PodLog({
    folder: options.into ?? folder, pod: 'orders-1', now: () => new Date('2026-01-02T03:04:05.678Z'), maxBytes: options.maxBytes ?? 1_000_000,
    onLine: (line) => options.lines?.push(line.text),
  });

  test('whatever is written in whatever pieces, and wherever the reader is killed, each line comes once and in order', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\r\n\uFFFD]/.test(text));
    fc.assert(fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 5 }), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (lines, cuts, restarts) => {
      const into = mkdtempSync(join(folder, 'run-'));
      mkdirSync(into, { recursive: true });
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      let log = open({ into });
      let from = 0;
      for (const [index, cut] of [...cuts.sort((a, b) => a - b), bytes.length].entries()) {
        appendFileSync(join(into, 'raw'), bytes.subarray(from, cut));
        from = Math.max(from, Math.min(cut, bytes.length));
        log.drain();
        if (restarts[index] === true) {
          log.close();
          log = open({ into });
        }
      }
      log.drain(true);
      log.close();
      expect(readLogFiles(into, 'orders-1').map(({ text }) => text)).toEqual(lines);
    }), { numRuns: 50 });
  });

  test('a line that a killed reader copied in part is read again', () => {
    const log = open();
    appendFileSync(join(folder, 'raw'), 'first\nsecond\n');
    log.drain();
    log.close();
    truncateSync(join(folder, 'log'), statSync(join(folder, 'log')).size - 4);
    const next = open();
    next.drain();
    expect(readLogFiles(folder, 'orders-1').map(({ text }) => text)).toEqual(['first', 'second']);
    next.close();
  });

  test('its files stay bounded, and the newest lines are kept', () => {
    const log = open({ maxBytes: 10_000 });
    for (let index = 0; index < 3000; index += 1) {
      appendFileSync(join(folder, 'raw'), `line number ${index}\n`);
      log.drain();
    }
    const sizes = ['raw', 'log', 'log.1'].map((name) => statSync(join(folder, name)).size);
    for (const size of sizes) expect(size).toBeLessThan(11_000);
    expect(readLogFiles(folder, 'orders-1', 2).map(({ text }) => text)).toEqual(['line number 2998', 'line number 2999']);
    log.close();
  });

  test('an endless line comes in pieces', () => {
    const lines: string[] = [];
    const log = open({ lines });
    appendFileSync(join(folder, 'raw'), 'x'.repeat(200_000));
    log.drain();
    expect(lines.length).toBe(3);
    log.close();
  });
});

describe('logs()', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await workplace();
  });
  afterEach(() => place.remove());

  test('follows live, across a restart of the process, and keeps what a dead pod said', async () => {
    const runner = await place.open();
    await runner.apply(revisionOf([deployment(place.image), service()]));
    const pod = await until(() => podsOf(runner).find((candidate) => candidate.ready), 'ready');
    const abort = new AbortController();
    const followed: LogLine[] = [];
    const following = (async () => {
      for await (const line of runner.logs({ namespace: NAMESPACE, application: 'orders', follow: true, tailLines: 1, signal: abort.signal })) followed.push(line);
    })();
    await ask(pod.port, '/print?text=one');
    await ask(pod.port, '/exit?code=7').catch(() => {});
    await until(() => podsOf(runner).find((candidate) => candidate.restarts === 1 && candidate.ready), 'restarted');
    await ask(podsOf(runner)[0]!.port, '/print?text=two');
    await until(() => followed.some(({ text }) => text === 'two'), 'the line after the restart');
    expect(followed.map(({ text }) => text.split(' ')[0])).toEqual(['listening', 'one', 'starting', 'listening', 'two']);
    await runner.apply(revisionOf([deployment(place.image, { env: { VERSION: '2' } }), service()]));
    await until(() => podsOf(runner).length === 1 && podsOf(runner).every((candidate) => candidate.ready && candidate.uid !== pod.uid), 'the new pod');
    abort.abort();
    await following;
    const all = await collect(runner.logs({ namespace: NAMESPACE, application: 'orders' }));
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).sort());
    expect(new Set(all.map((line) => line.pod)).size).toBe(2);
    const dead = await collect(runner.logs({ namespace: NAMESPACE, application: 'orders', pod: pod.name, follow: true, tailLines: 1 }));
    expect(dead.map(({ text }) => text)).toEqual(['asked to stop']);
  });

  test('of other applications and namespaces nothing is shown, and the last dead pods only', async () => {
    const runner = await place.open({ deadPodsKept: 1 });
    for (const version of ['1', '2', '3']) {
      await runner.apply(revisionOf([deployment(place.image, { env: { VERSION: version } })]));
      await until(() => podsOf(runner).length === 1 && podsOf(runner)[0]!.ready, 'ready');
    }
    const all = await collect(runner.logs({ namespace: NAMESPACE, application: 'orders' }));
    expect(new Set(all.map((line) => line.pod)).size).toBe(2);
    expect(await collect(runner.logs({ namespace: 't-globex--dev', application: 'orders' }))).toEqual([]);
    expect(await collect(runner.logs({ namespace: NAMESPACE, application: 'order' }))).toEqual([]);
  });
});
