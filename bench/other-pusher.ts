import type { Fixture } from '../engine/testing/fixture.ts';
import type { GitRequest } from '../engine/testing/git-http-server.ts';
import { tenantDirectory } from '../schemas/index.ts';

/** Of a push. */
const chance = 0.1;

/** Sees each push come to a Git host, and sometimes puts a commit of somebody else in before it. */
export class OtherPusher {
  readonly #fixture: Fixture;
  readonly #random: () => number;
  readonly #waiting = new Set<() => void>();
  #made = 0;

  constructor(fixture: Fixture, random: () => number) {
    this.#fixture = fixture;
    this.#random = random;
  }

  get made(): number {
    return this.#made;
  }

  /** Told of each request, before it is answered. */
  see({ method, service }: GitRequest): void {
    if (method !== 'POST' || service !== 'git-receive-pack') return;
    if (this.#random() < chance) this.#push();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** The next push that comes. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  /** From the value that was read, as any git: one that comes too late is none. */
  #push(): void {
    const fixture = this.#fixture;
    const [tenant = ''] = fixture.state.tenantIds;
    const path = `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
    const before = fixture.git(['rev-parse', 'main']);
    const made = fixture.commit({ [path]: fixture.read(path, before).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: r${this.#made}`) }, before);
    try {
      fixture.git(['update-ref', 'refs/heads/main', made, before]);
      this.#made += 1;
    } catch {
      // The platform was quicker.
    }
  }
}
