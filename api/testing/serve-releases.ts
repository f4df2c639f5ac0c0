import { expect } from 'vitest';
import { serve, type Reply, type Served } from './serve.ts';
import { upload } from './upload.ts';

export const acme = '/api/v1/tenants/acme';
export const dev = `${acme}/environments/dev`;
export const orders = `${dev}/apps/orders`;
export const billing = `${dev}/apps/billing`;
/** In the state repository. */
export const folderOfDev = 'tenants/ac/acme/environments/dev';

/** A control plane in which orders has the releases v1, v2 and v3, and billing v1 and v2. */
export interface ServedReleases extends Served {
  deploy(release: string, app?: string): Promise<Reply>;
  revert(json: object, query?: string): Promise<Reply>;
  releaseOf(app?: string): Promise<string>;
  held(app?: string): Promise<boolean>;
  resume(app?: string): Promise<void>;
  /** Resumes both, and deploys v1 of both. */
  begin(): Promise<void>;
  /** What was pushed is in force, and what follows a push has been done. */
  followed(commit: string): Promise<void>;
}

export async function serveReleases(): Promise<ServedReleases> {
  const served = await serve();
  for (const application of ['orders', 'billing']) {
    for (const version of ['4.18.0', '4.18.1', ...(application === 'orders' ? ['4.18.2'] : [])]) {
      expect((await upload(served, `acme/${application}`, version)).status).toBe(201);
    }
  }
  const all: ServedReleases = {
    ...served,
    async deploy(release, app = orders) {
      const reply = await served.ask('POST', `${app}/deployments`, { json: { release } });
      expect([reply.status, reply.body['detail']]).toEqual([200, undefined]);
      return reply;
    },
    revert: (json, query = '') => served.ask('POST', `${acme}/reverts${query}`, { json }),
    async releaseOf(app = orders) {
      return ((await served.ask('GET', app)).body['object'] as { spec: { release: string } }).spec.release;
    },
    async held(app = orders) {
      return (await served.ask('GET', app.replace('/apps/', '/holds/'))).status === 200;
    },
    async resume(app = orders) {
      const path = app.replace('/apps/', '/holds/');
      const hold = await served.ask('GET', path);
      if (hold.status === 200) expect((await served.ask('DELETE', path, { headers: { 'If-Match': hold.headers.get('etag') ?? '' } })).status).toBe(200);
    },
    async begin() {
      for (const app of [orders, billing]) await all.resume(app);
      for (const app of [orders, billing]) await all.deploy('v1', app);
    },
    async followed(commit) {
      await expect.poll(async () => (await served.plane.stores.engine.history({ limit: 20 })).some((entry) => entry.commit === commit), { timeout: 15_000 }).toBe(true);
      await served.plane.settled();
    },
  };
  return all;
}
