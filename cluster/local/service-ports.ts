import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PortAllocator } from './ports.ts';

/** The loopback ports of services, recorded in the runner's directory: a service keeps its port over restarts. */
export class ServicePorts {
  readonly #path: string;
  readonly #allocator: PortAllocator;
  readonly #ports: Record<string, number>;

  constructor(directory: string, allocator: PortAllocator) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#path = join(directory, 'services.json');
    this.#allocator = allocator;
    this.#ports = readPorts(this.#path);
    for (const port of Object.values(this.#ports)) allocator.reserve(port);
  }

  /** `key`: cell, namespace, service and port of the service. */
  async portOf(key: string): Promise<number> {
    const recorded = this.#ports[key];
    if (recorded !== undefined) return recorded;
    const port = await this.#allocator.allocate(key);
    this.#ports[key] = port;
    this.#save();
    return port;
  }

  /** The service is gone; its port may be given to another. */
  forget(key: string): void {
    const port = this.#ports[key];
    if (port === undefined) return;
    delete this.#ports[key];
    this.#allocator.release(port);
    this.#save();
  }

  /** Forgets the cell's services that are no longer wanted. `prefix`: what their keys begin with. */
  retain(prefix: string, wanted: (key: string) => boolean): void {
    for (const key of Object.keys(this.#ports)) if (key.startsWith(prefix) && !wanted(key)) this.forget(key);
  }

  #save(): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#ports), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function readPorts(path: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
