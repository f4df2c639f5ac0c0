import { afterAll, expect, test } from 'vitest';
import type { Intent } from '../index.ts';
import { deployment, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';

const { engine, tenant, close } = await openFixture(2);
const env = async () => (await engine.get(deployment(tenant)))?.object.spec.env;
let writes = 0;

afterAll(close);

function write(field: string) {
  writes += 1;
  return engine.write(setField(deployment(tenant), ['spec', 'env', field], String(writes)));
}

/** Edits one field, and waits in the middle of it each time; `reached` resolves when it is there for the so-many-th time. */
function slow(): { readonly intent: Intent; readonly reached: (time: number) => Promise<void>; readonly go: (time: number) => void } {
  const turns = Array.from({ length: 3 }, () => ({ reached: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }));
  const edit = setField(deployment(tenant), ['spec', 'env', 'SLOW'], '1');
  let time = 0;
  const intent: Intent = { ...edit, apply: async (draft) => {
    const turn = turns[time]!;
    time += 1;
    await edit.apply(draft);
    turn.reached.resolve();
    await turn.go.promise;
  } };
  return { intent, reached: (at) => turns[at - 1]!.reached.promise, go: (at) => turns[at - 1]!.go.resolve() };
}

test.each([
  ['a preview', (intent: Intent) => engine.preview(intent)],
  ['the making of a change request', async (intent: Intent) => {
    const { commit } = await engine.requests.open(7, intent);
    return engine.plan((await engine.requests.read({ number: 7, commit })).base, commit);
  }],
])('%s is made again when a write has overtaken it, and then keeps no write waiting', async (_name, look) => {
  const { intent, reached, go } = slow();
  const looked = look(intent);
  await reached(1);
  await write('ONCE');
  go(1);
  await reached(2);
  const base = engine.head().commit;
  await write('TWICE');
  expect(await env()).toHaveProperty('TWICE');
  go(2);
  const plan = await looked;
  expect(plan).toMatchObject({ base, objects: [{ fields: [{ pointer: '/spec/env/SLOW', after: '1' }] }] });
});
