import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.ts';
import { fakeControlPlane, type FakeAnswer, type FakeControlPlane, type Received } from './fake-control-plane.ts';
import { memoryIo, type MemoryIo, type MemoryOptions } from './memory-io.ts';

export interface Ran extends MemoryIo {
  readonly code: number;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** The CLI beside a control plane with canned answers, in a folder of its own. */
export class OnlineCli {
  readonly folder = mkdtempSync(join(tmpdir(), 'cameleer-cli-'));
  #server: FakeControlPlane | undefined;

  /** Starts a control plane with these answers in place of the last one. */
  async serve(routes: Readonly<Record<string, FakeAnswer>>): Promise<FakeControlPlane> {
    await this.#server?.close();
    this.#server = await fakeControlPlane(routes);
    return this.#server;
  }

  /** Runs a command beside a control plane with these answers. */
  async run(routes: Readonly<Record<string, FakeAnswer>>, ...argv: readonly string[]): Promise<Ran> {
    await this.serve(routes);
    return this.again(argv);
  }

  /** Runs a command beside the control plane that is there. */
  async again(argv: readonly string[], options: MemoryOptions = {}): Promise<Ran> {
    const memory = memoryIo({ env: { CAMELEER_URL: this.#server?.url ?? '', CAMELEER_TOKEN: 'cml_test' }, cwd: this.folder, ...options });
    return { code: await run(argv, memory.io), ...memory };
  }

  /** What the last control plane was asked. */
  get received(): readonly Received[] {
    return this.#server?.received ?? [];
  }

  /** The same with bodies read as JSON. */
  sent(): readonly Sent[] {
    return this.received.map(({ method, path, body }) => ({ method, path, body: body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown) }));
  }

  async close(): Promise<void> {
    await this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const none = { added: 0, modified: 0, deleted: 0 };

/** Answers of a control plane about `acme/orders` in dev. */
export const orders = '/api/v1/tenants/acme/environments/dev/apps/orders';
export const plan = {
  base: 'a'.repeat(40), objects: [], rendered: [], blastRadius: { tenants: [], namespaces: [], restarted: [], scaled: [], created: [], deleted: [], data: [] }, risks: [], problems: [], hash: 'h',
  summary: { tenants: 0, namespaces: 0, objects: none, rendered: none, workloads: { created: 0, restarted: 0, scaled: 0, deleted: 0 }, data: 0, risks: {}, errors: 0, largest: [] },
  cost: { before: { cores: 0, memoryGiB: 0 }, after: { cores: 0, memoryGiB: 0 }, perMonth: [], unknown: [] },
};
export const written = { commit: 'b'.repeat(40), base: 'a'.repeat(40), changed: true, objects: [], plan };
export const deployment = { object: { kind: 'AppDeployment', metadata: { name: 'orders' }, spec: { release: 'v1', jvmOptions: ['-Xss512k', '-XX:+UseZGC'] } }, etag: 'e1', path: 'x' };
export const ready = { tenant: 'acme', environment: 'dev', application: 'orders', desired: { release: 'v1', replicas: 1, stopped: false }, observed: { health: 'ready', pods: [] } };
