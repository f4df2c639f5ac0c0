import { afterAll, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { openFixture } from '../testing/opened-fixture.ts';

const { fixture, engine, close } = await openFixture(4);
const [first = '', second = '', third = ''] = fixture.state.tenantIds;
const member = 'usr_newmember0000001';

afterAll(close);

function memberFile(tenant: string, text = `apiVersion: cameleer.io/v1\nkind: Member\nmetadata:\n  name: ${member}\nspec:\n  bindings: [{ role: viewer, environments: ['*'] }]\n`) {
  return { [`${tenantDirectory(tenant)}/members/${member}.yaml`]: text };
}

test('tenants are found by an object that is in force there, without a file of theirs being read', async () => {
  fixture.push({ ...memberFile(first), ...memberFile(third) });
  await engine.look();
  // What breaks the tenant is not in force.
  fixture.push({ ...memberFile(second), [`${tenantDirectory(second)}/settings.yaml`]: 'spec: [' });
  await engine.look();
  expect([...engine.head().quarantines.keys()]).toEqual([second]);
  const read = () => (engine as typeof engine & { readonly reads: { readonly blob: number } }).reads.blob;
  const before = read();
  expect(await engine.tenantsWith({ kind: 'Member', name: member })).toEqual([first, third].sort());
  expect(await engine.tenantsWith({ kind: 'AppDeployment', environment: 'dev', name: 'orders' })).toEqual(engine.tenantIds());
  expect(await engine.tenantsWith({ kind: 'Member', name: 'usr_nobody0000000001' })).toEqual([]);
  expect(read()).toBe(before);
});
