import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateStateKey } from '../git/index.ts';
import { openEngine } from '../index.ts';
import { codes, makeAuditFixture, shown, stateKey } from '../testing/audit-fixture.ts';
import type { AuditFixture } from '../testing/audit-fixture.ts';
import { deployment, key, setField } from '../testing/fixture.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';

let fixture: AuditFixture;

beforeEach(async () => { fixture = await makeAuditFixture(refusalUnder); });
afterEach(() => fixture.remove());

describe('a verification since a commit', () => {
  const evil = (revision: string) => fixture.changedTree(revision, shown(fixture.a), (text) => text.replace(/image: .*/, 'image: evil'));

  test('checks what came after, and says so; since a time it begins with the first commit that says it', async () => {
    const after = fixture.git(['rev-parse', 'main~2']);
    const found = await fixture.verify({ since: { commit: after } });
    expect(found).toMatchObject({ ok: true, proved: true, range: { after, head: fixture.engine.head().commit, given: 2 }, counts: { commits: 2, signed: 2, rendered: 2 }, findings: [] });
    expect(await fixture.verify({ since: { commit: fixture.engine.head().commit } })).toMatchObject({ proved: true, range: { given: 4 }, counts: { commits: 0, rendered: 0 } });
    const whole = await fixture.verify({ since: { time: new Date('2020-01-01') } });
    expect([whole.range, whole.counts.commits]).toEqual([{ head: fixture.engine.head().commit, given: 0 }, 4]);
    expect((await fixture.verify({ since: { time: new Date('2120-01-01') } })).range).toMatchObject({ after: fixture.engine.head().commit, given: 4 });
    await expect(fixture.verify({ since: { commit: '1'.repeat(40) } })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('finds what is wrong after it, and what the cells show at it, but not what was wrong and is over', async () => {
    await fixture.tamper('cells/local', () => ({ tree: evil('cells/local') }), stateKey);
    const [head, before] = [fixture.git(['rev-parse', 'main']), fixture.git(['rev-parse', 'main~1'])];
    expect(codes(await fixture.verify({ since: { commit: before } }))).toEqual(['cell_differs']);
    expect(codes(await fixture.verify({ since: { commit: head } }))).toEqual(['cell_differs']);
    fixture.engine = await fixture.open();
    fixture.git(['commit-graph', 'write', '--reachable']);
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'TURN'], '5'));
    const last = fixture.git(['rev-parse', 'main']);
    expect(codes(await fixture.verify())).toContain('cell_differs');
    expect(codes(await fixture.verify({ since: { commit: last } }))).toEqual([]);
  });

  test('follows the keys from the first commit all the same', async () => {
    const next = generateStateKey(Buffer.alloc(32, 8));
    const trust = (list: readonly string[]) => setField({ kind: 'Platform', name: 'platform' }, ['spec', 'trust', 'state'], list);
    await fixture.engine.write(trust([key.public, next.public]));
    await fixture.engine.close();
    fixture.engine = await openEngine({ directory: fixture.directory, signingKey: next.private, trustedKeys: [key.public], authorize: () => {}, now: () => new Date() });
    const { commit } = await fixture.engine.write(trust([next.public]));
    await fixture.engine.write(setField(deployment(fixture.a), ['spec', 'env', 'TURN'], '5'));
    expect(await fixture.verify({ since: { commit } })).toMatchObject({ proved: true, counts: { commits: 1, signed: 1 }, findings: [] });
    await fixture.tamper('main', (at) => ({ parents: [at.id] }), stateKey);
    expect(codes(await fixture.verify({ since: { commit } }))).toEqual(['key_retired']);
  });

  test('proves nothing where another version of synth rendered what the cells show at it', async () => {
    await fixture.tamper('cells/local', (commit) => ({ message: commit.message.replace(/Synth-Version: .*/, 'Synth-Version: 1') }), stateKey);
    expect(await fixture.verify({ since: { commit: fixture.git(['rev-parse', 'main']) } })).toMatchObject({ ok: true, proved: false, counts: { commits: 0, unproved: 2 } });
  });
});
