import { afterAll, expect, test } from 'vitest';
import { ObjectStore } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { changeOf, deployment } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';
import { wordsForTenant } from './words-for-tenant.ts';

const { fixture, engine, tenant, close } = await openFixture(3);
const store = new ObjectStore(fixture.directory);

afterAll(async () => {
  store.close();
  await close();
});

/** A text of so many words of one letter, each of which may begin an id with hyphens. */
function manyNames(words: number): string {
  return Array.from({ length: words }, (_, at) => String.fromCharCode(97 + ((at * 7919 + (at >> 3) * 104_729 + (at >> 7)) % 26))).join('-');
}

test.each([['', true], [` of ${fixture.state.tenantIds[1]!}`, false]])('a text in which thousands of ids could stand is searched with a look at each folder of tenants%s, and once', async (end, own) => {
  let looks = 0;
  const objects: Pick<ObjectReader, 'tree' | 'commit'> = {
    commit: (id) => store.commit(id),
    tree: (id) => {
      looks += 1;
      return store.tree(id);
    },
  };
  const { commit } = await engine.write({
    change: changeOf('app.configure', `names${end}`, { tenant, body: manyNames(2_000) + end }),
    apply: (draft) => draft.edit(deployment(tenant), (document) => document.setIn(['spec', 'env', 'NAMES'], String(own))),
  });
  const read = async () => (await wordsForTenant({ tenant, objects: objects as ObjectReader }, await store.commit(commit))).message.includes('Cameleer-Action');
  expect(await read()).toBe(own);
  expect(looks).toBeLessThan(200);
  looks = 0;
  expect([await read(), looks]).toEqual([own, 0]);
});
