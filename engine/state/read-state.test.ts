import { afterAll, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { ObjectStore } from '../git/index.ts';
import { makeFixture } from '../testing/fixture.ts';
import { TenantLoader } from './read-state.ts';

const fixture = await makeFixture(1);
const objects = new ObjectStore(fixture.directory);

afterAll(async () => {
  objects.close();
  await fixture.remove();
});

test('a tenant is kept by how much memory it takes', async () => {
  const [id = ''] = fixture.state.tenantIds;
  const tree = fixture.git(['rev-parse', `main:${tenantDirectory(id)}`]);
  const text = [...fixture.state.tenant(id).values()].join('').length;
  const keeps = async (loader: TenantLoader) => (await loader.load(id, tree)) === (await loader.load(id, tree));
  expect(await keeps(new TenantLoader(objects, 20 * text))).toBe(true);
  expect(await keeps(new TenantLoader(objects, 4 * text))).toBe(false);
});
