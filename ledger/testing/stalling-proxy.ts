import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StallingProxy {
  /** For `pg`, in place of the server's own. */
  readonly url: string;
  /** From now on nothing passes, either way; connections stay open and new ones are taken, as where packets are lost. */
  stall(): void;
  /** Whoever asks something with this in it does not hear the server any more, which has heard it. */
  swallowAnswersTo(text: string): void;
  /** New connections pass again; those of before never do. */
  resume(): void;
  close(): void;
}

/** Stands between a client and a PostgreSQL server's socket, as the network does. */
export async function stallingProxy(serverUrl: string): Promise<StallingProxy> {
  const target = join(new URL(serverUrl).searchParams.get('host') ?? '', '.s.PGSQL.5432');
  const folder = mkdtempSync(join(tmpdir(), 'cameleer-proxy-'));
  const open = new Set<Socket>();
  let stalled = false;
  let unanswered: string | undefined;
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => {});
    if (stalled) return;
    const upstream = createConnection(target);
    open.add(upstream);
    upstream.on('error', () => {});
    client.on('data', (chunk: Buffer) => {
      if (unanswered !== undefined && chunk.includes(unanswered)) upstream.unpipe().resume();
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(join(folder, '.s.PGSQL.5432'), resolve);
  });
  return {
    url: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    stall() {
      stalled = true;
      for (const socket of open) socket.unpipe().pause();
    },
    swallowAnswersTo(text) {
      unanswered = text;
    },
    resume() {
      unanswered = undefined;
      stalled = false;
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
