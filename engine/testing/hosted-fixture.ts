import { join } from 'node:path';
import { tenantDirectory } from '../../schemas/index.ts';
import { openEngine } from '../index.ts';
import type { Engine, EngineOptions, WriteResult } from '../index.ts';
import { deployment, key, makeFixture, setField } from './fixture.ts';
import type { Fixture } from './fixture.ts';
import { startGitHttpServer } from './git-http-server.ts';
import type { Fault, GitHttpServer, GitRequest } from './git-http-server.ts';

/** A state at a Git host, an engine on a mirror of it, and what the tests of that do again and again. */
export interface HostedFixture {
  /** What the host has. */
  readonly fixture: Fixture;
  readonly host: GitHttpServer;
  /** What the engines told `onError`. */
  readonly errors: readonly unknown[];
  readonly tenant: string;
  /** On `mirror.git`; the one that is closed at the end. */
  engine: Engine;
  /** Of an engine on the mirror of that name. */
  options(mirror: string, more?: Partial<EngineOptions['remote']>): EngineOptions;
  /** Ends the engine and starts another on its mirror. */
  reopen(options?: EngineOptions): Promise<void>;
  /** Sets one field of the tenant's deployment. */
  write(value?: string, requestId?: string, on?: Engine): Promise<WriteResult>;
  /** Somebody else sets another field of it, at the host. */
  push(region: string): string;
  main(): string;
  /** The commit that the host's cell shows. */
  shown(): string;
  /** How many commits of the host's `main` answer the request. */
  times(requestId: string): number;
  close(): Promise<void>;
}

const token = 'not-to-be-seen';
let requests = 0;

export async function openHosted(): Promise<HostedFixture> {
  const fixture = await makeFixture(3);
  fixture.git(['config', 'http.receivepack', 'true']);
  const host = await startGitHttpServer(fixture.folder, token);
  const [tenant = ''] = fixture.state.tenantIds;
  const orders = `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
  const errors: unknown[] = [];
  const options: HostedFixture['options'] = (mirror, more = {}) => ({
    directory: join(fixture.folder, mirror),
    remote: { url: `${host.url}/state.git`, token, ...more },
    signingKey: key.private,
    authorize: () => {},
    now: () => new Date(),
    onError: (error) => errors.push(error),
    pollMilliseconds: 300,
  });
  const hosted: HostedFixture = {
    fixture,
    host,
    errors,
    tenant,
    engine: await openEngine(options('mirror.git')),
    options,
    async reopen(changed = options('mirror.git')) {
      await hosted.engine.close();
      hosted.engine = await openEngine(changed);
    },
    write: (value = 'v', requestId = `hosted-${(requests += 1)}`, on = hosted.engine) => on.write(setField(deployment(tenant), ['spec', 'env', 'X'], value, { requestId })),
    push: (region) => fixture.push({ [orders]: fixture.read(orders).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${region}`) }),
    main: () => fixture.git(['rev-parse', 'main']),
    shown: () => fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local']),
    times: (requestId) => fixture.git(['log', '--format=%H', `--grep=^Request-Id: ${requestId}$`, 'main']).split('\n').filter((line) => line !== '').length,
    async close() {
      host.fault = () => undefined;
      await hosted.engine.close();
      await host.close();
      await fixture.remove();
    },
  };
  return hosted;
}

export function isPush({ method, service }: GitRequest): boolean {
  return method === 'POST' && service === 'git-receive-pack';
}

/** The fault at the first request that it concerns. */
export function first(concerns: (request: GitRequest) => boolean, fault: Fault): GitHttpServer['fault'] {
  let left = 1;
  return (request) => (concerns(request) && (left -= 1) >= 0 ? fault : undefined);
}

/** For tests in which the host keeps us waiting: elsewhere a busy machine may take its time. */
export const impatient = { deadlineMilliseconds: 3_000, stallMilliseconds: 1_500 };
