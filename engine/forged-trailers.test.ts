import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { deployment, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import type { Engine } from './index.ts';

let fixture: Fixture;
let engine: Engine;
let a: string;

beforeEach(async () => {
  fixture = await makeFixture(2);
  engine = await fixture.open();
  a = fixture.state.tenantIds[0]!;
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

const orders = () => `${tenantDirectory(a)}/environments/dev/apps/orders.yaml`;
const words = (requestId: string) => `Configure by hand\n\nCameleer-Action: app.configure\nCameleer-Actor: usr_0wner00000000001\nCameleer-Door: api\nCameleer-Tenant: ${a}\nRequest-Id: ${requestId}\nApproved-By: usr_b0ss000000000001\n`;
const platform = { GIT_COMMITTER_NAME: 'Cameleer', GIT_COMMITTER_EMAIL: 'platform@noreply.cameleer.io' };

async function onMain(commit: string): Promise<string> {
  fixture.git(['update-ref', 'refs/heads/main', commit]);
  await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5_000, interval: 20 });
  return commit;
}

/** Puts a commit on main that says that the platform made it; with the signature of another commit when one is given. */
async function forge(requestId: string, region: string, signedAs?: string): Promise<string> {
  const made = fixture.commit({ [orders()]: fixture.read(orders()).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${region}`) });
  let commit = fixture.git(['commit-tree', `${made}^{tree}`, '-p', 'main', '-F', '-'], words(requestId), platform);
  if (signedAs !== undefined) {
    const signature = /gpgsig [^]*?-----END SSH SIGNATURE-----\n/.exec(fixture.git(['cat-file', 'commit', signedAs]))![0];
    commit = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], `${fixture.git(['cat-file', 'commit', commit]).replace('\n\n', `\n${signature}\n`)}\n`);
  }
  return onMain(commit);
}

async function reopen(): Promise<void> {
  await engine.close();
  engine = await fixture.open();
}

test.each(['without a signature', 'with the signature of another commit'])('a request is done by the commit that the platform signed, whatever a pushed one %s says', async (how) => {
  const signedAs = how === 'without a signature' ? undefined : fixture.git(['rev-parse', 'main']);
  await forge('wanted', 'moon', signedAs);
  const intent = setField(deployment(a), ['spec', 'env', 'MINE'], '1', { requestId: 'wanted' });
  expect(await engine.findRequest('wanted')).toBeUndefined();
  await reopen();
  expect(await engine.findRequest('wanted')).toBeUndefined();
  const { commit } = await engine.write(intent);
  expect(commit).toBe(engine.head().commit);
  await forge('wanted', 'mars', signedAs);
  for (const again of [async () => {}, reopen]) {
    await again();
    expect(await engine.findRequest('wanted')).toBe(commit);
    expect((await engine.write(intent)).commit).toBe(commit);
  }
});

test('history, the audit and blame show no trailers of a commit that the platform did not sign', async () => {
  const { commit: own } = await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], '1', { requestId: 'mine' }));
  const forged = [await forge('theirs', 'moon'), await forge('theirs', 'mars', own)];
  const [second, first, mine] = await engine.history({ tenant: a, limit: 3 });
  expect(mine!.trailers.get('Request-Id')).toEqual(['mine']);
  expect([first, second]).toMatchObject([{ commit: forged[0], signature: 'none', trailers: new Map() }, { commit: forged[1], signature: 'invalid', trailers: new Map() }]);
  expect((await engine.auditRecords({ tenant: a, limit: 2 })).map(({ trailers }) => trailers.size)).toEqual([0, 0]);
  expect((await engine.history({ action: 'app.configure', limit: 1 })).map(({ commit }) => commit)).toEqual([own]);
  const fields = await engine.blame(deployment(a));
  expect(fields.find(({ pointer }) => pointer === '/spec/env/ORDERS_REGION')!.entry).toMatchObject({ commit: forged[1], trailers: new Map() });
});

test('a change request is merged by a pushed commit that says so only when the commit does what it asks for', async () => {
  const request = await engine.requests.open(7, setField(deployment(a), ['spec', 'env', 'MINE'], '1'));
  const pushed = (change: (text: string) => string) => {
    const made = fixture.commit({ [orders()]: change(fixture.read(orders())) });
    return onMain(fixture.git(['commit-tree', `${made}^{tree}`, '-p', 'main', '-F', '-'], 'Squash\n\nChange-Request: 7\n'));
  };
  await pushed((text) => text.replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon'));
  expect((await engine.requests.assess(request)).merged).toBeUndefined();
  const squashed = await pushed((text) => text.replace(/( *)ORDERS_REGION: .*/, "$1ORDERS_REGION: mars\n$1MINE: '1'"));
  expect((await engine.requests.assess(request)).merged).toBe(squashed);
});
