import { tenantDirectory } from '../../schemas/index.ts';
import type { Engine } from '../index.ts';
import { makeFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

/** A repository with an engine on it that the tests of a file share, and the first of its tenants. */
export interface OpenedFixture {
  readonly fixture: Fixture;
  readonly engine: Engine;
  readonly tenant: string;
  /** Of the tenant, such as `tenants/ac/acme`. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

export async function openFixture(tenants: number): Promise<OpenedFixture> {
  const fixture = await makeFixture(tenants);
  const engine = await fixture.open();
  const [tenant = ''] = fixture.state.tenantIds;
  const close = async () => {
    await engine.close();
    await fixture.remove();
  };
  return { fixture, engine, tenant, folder: tenantDirectory(tenant), close };
}
