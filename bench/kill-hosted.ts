import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Fixture } from '../engine/testing/fixture.ts';
import { startGitHttpServer } from '../engine/testing/git-http-server.ts';
import { mischief } from '../engine/testing/mischief.ts';
import { AskedWrites } from './asked-writes.ts';
import { branchesDiffer } from './kill-rendering.ts';
import { cellsAhead, checkObjects, commitsByRequest, faultsOfWrites } from './kill-verdict.ts';
import { killWithDescendants, killWriter, startWriter, type Writer } from './killed-writer.ts';
import { OtherPusher } from './other-pusher.ts';

export interface HostedKillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** How often the next process asked again for what a killed one was not answered for. */
  readonly repeated: number;
  /** Of those, how often the host had it already. */
  readonly landed: number;
  /** Commits that somebody else put in between. */
  readonly pushed: number;
  /** How often the host misbehaved, by how. */
  readonly mischief: ReadonlyMap<string, number>;
  /** What was promised and isn't so. */
  readonly broken: readonly string[];
}

export interface HostedKillOptions {
  /** Its repository is the truth, at a host on loopback. */
  readonly fixture: Fixture;
  readonly rounds: number;
  readonly random: () => number;
  readonly progress?: (round: number) => void;
}

const token = 'of-the-kills';
/** What the git of a killed process takes to end, at the slowest of the host. */
const quietMilliseconds = 3_000;

/**
 * As `killRounds`, with the state at a Git host that rejects, stalls and breaks connections, and to which somebody else pushes
 * meanwhile. Every other kill comes when the host is asked to take a push; every third takes git with it; the mirror is deleted
 * now and then. What a killed process did not answer is asked for again, with the same Request-Id, by the next one. Judged at
 * the host, by stock git and by what was answered: an acknowledged write is there once, as the commit that was named; a refused
 * one is nowhere; no cell is ahead of `main`, and each is a rendering of its source.
 */
export async function killHostedRounds({ fixture, rounds, random, progress }: HostedKillOptions): Promise<HostedKillReport> {
  const { directory, folder, state: { tenantIds: tenants } } = fixture;
  const mirror = join(folder, 'mirror.git');
  fixture.git(['config', 'http.receivepack', 'true']);
  const host = await startGitHttpServer(folder, token);
  const trouble = mischief(random, 3);
  const pusher = new OtherPusher(fixture, random);
  const asked = new AskedWrites();
  const broken: string[] = [];
  let landed = 0;
  const start = (round: number) => startWriter('hosted', mirror, round, tenants);
  const go = async (child: Writer) => {
    const retries = asked.unsettled();
    const there = commitsByRequest(directory);
    landed += retries.filter((id) => there.has(id)).length;
    await child.said('loaded');
    child.process.stdin.write(`${JSON.stringify({ url: `${host.url}/state.git`, token, retries })}\n`);
  };
  const judge = () => broken.push(...faultsOfWrites(directory, asked.acknowledged()), ...refusedAndDone(directory, asked.refused()), ...cellsAhead(directory), ...branchesDiffer(directory));
  try {
    let next = start(0);
    host.fault = (request) => {
      pusher.see(request);
      return trouble.fault(request);
    };
    for (let round = 0; round < rounds; round += 1) {
      const child = next;
      await go(child);
      await (round % 2 === 0 ? somePush(child, pusher, random) : someMoment(child, random));
      next = start(round + 1);
      await (round % 3 === 0 ? killWithDescendants(child) : killWriter(child, true));
      asked.hear(child.lines);
      broken.push(...child.lines.filter((line) => line.startsWith('stderr')));
      judge();
      if (round % 9 === 0) await rm(mirror, { recursive: true, force: true, maxRetries: 10 });
      if (round % 50 === 49) await checkObjects(directory, broken);
      progress?.(round);
    }
    host.fault = () => undefined;
    await setTimeout(quietMilliseconds);
    await go(next);
    await next.said('repeated');
    await killWithDescendants(next);
    asked.hear(next.lines);
    judge();
    await checkObjects(directory, broken);
  } finally {
    await host.close();
  }
  return { rounds, acknowledged: asked.acknowledged().length, refused: asked.refused().length, repeated: asked.repeated, landed, pushed: pusher.made, mischief: trouble.counts, broken: [...new Set(broken)] };
}

/** One of the first pushes, whether of `main` or of a cell, or shortly after it has come. */
async function somePush(child: Writer, pusher: OtherPusher, random: () => number): Promise<void> {
  for (let push = Math.floor(random() * 6); push >= 0; push -= 1) await Promise.race([pusher.next(), child.said('never')]);
  await setTimeout(random() < 0.5 ? 0 : random() * 100);
}

/** Also in the start. */
async function someMoment(child: Writer, random: () => number): Promise<void> {
  if (random() < 0.2) await setTimeout(random() * 300);
  else await child.said('ack');
  await setTimeout(random() * 300);
}

function refusedAndDone(directory: string, refused: readonly string[]): readonly string[] {
  const there = commitsByRequest(directory);
  return refused.filter((id) => there.has(id)).map((id) => `refused, and done: ${id}`);
}
