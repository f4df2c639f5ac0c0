import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems take ports for outgoing connections, so that a recorded port stays free. */
const FIRST = 20_000;
const COUNT = 10_000;

/** Hands out free ports; one allocator serves all pods and services of a runner. */
export class PortAllocator {
  readonly #taken = new Set<number>();
  readonly #salt: string;

  /** `salt`: differs between runners, so that several on one machine don't want the same ports. */
  constructor(salt: string) {
    this.#salt = salt;
  }

  /** Marks a port as used by us: adopted pods, recorded services. */
  reserve(port: number): void {
    this.#taken.add(port);
  }

  release(port: number): void {
    this.#taken.delete(port);
  }

  /** A free port; the same key tends to get the same port. */
  async allocate(key: string): Promise<number> {
    const start = createHash('sha256').update(this.#salt + key).digest().readUInt32BE(0) % COUNT;
    for (let step = 0; step < COUNT; step += 1) {
      const port = FIRST + ((start + step) % COUNT);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isPortFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new Error(`No free port between ${FIRST} and ${FIRST + COUNT - 1}.`);
  }
}

/** Whether nothing listens on the port on any IPv4 address of this machine. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
