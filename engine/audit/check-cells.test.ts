import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cellCommit } from '../commit/cell-commits.ts';
import { parseTrailers } from '../git/index.ts';
import { codes, makeAuditFixture, shown, stateKey } from '../testing/audit-fixture.ts';
import type { AuditFixture } from '../testing/audit-fixture.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';

let fixture: AuditFixture;

beforeEach(async () => { fixture = await makeAuditFixture(refusalUnder); });
afterEach(() => fixture.remove());

describe('cells', () => {
  test('a file that was changed is found and named, also when the platform signed it', async () => {
    const tree = fixture.changedTree('cells/local', shown(fixture.a), (text) => text.replace(/image: .*/, 'image: evil'));
    await fixture.tamper('cells/local', () => ({ tree }));
    expect(codes(await fixture.verify())).toEqual(['cell_unsigned', 'cell_differs']);
    await fixture.tamper('cells/local', () => ({ tree }), stateKey);
    const found = await fixture.verify();
    expect(codes(found)).toEqual(['cell_differs']);
    expect(found.findings[0]!.message).toContain(shown(fixture.a));
  });

  test('what was put on top of the last commit is found', async () => {
    const on = await fixture.parse('cells/local');
    const tree = fixture.changedTree('cells/local', shown(fixture.a), (text) => `${text}---\nkind: ClusterRoleBinding\n`);
    await fixture.tamper('cells/local', () => ({ tree, parents: [on.id] }), stateKey);
    expect(codes(await fixture.verify())).toContain('cell_differs');
  });

  test('a file that no synthesis makes is found in the first commit of a cell', async () => {
    const root = await fixture.parse(fixture.git(['rev-list', '--max-parents=0', 'cells/local']));
    const hidden = 'tenants/zz/zzz/dev/role.yaml';
    const tree = fixture.changedTree(root.id, hidden, () => 'kind: ClusterRoleBinding\n');
    await fixture.tamper('cells/local', () => ({ ...root, tree }), stateKey);
    expect((await fixture.verify()).findings.find(({ code }) => code === 'cell_differs')!.message).toContain(hidden);
    const stray = fixture.changedTree(root.id, 'extra/role.yaml', () => 'kind: ClusterRoleBinding\n');
    await fixture.tamper('cells/local', () => ({ ...root, tree: stray }), stateKey);
    expect((await fixture.verify()).findings.find(({ code }) => code === 'cell_differs')!.message).toContain('extra');
  });

  test('other dates or words than those of the source are found', async () => {
    await fixture.tamper('cells/local', (commit) => ({ message: commit.message.replace('Render', 'Renders') }), stateKey);
    expect(codes(await fixture.verify())).toEqual(['cell_altered']);
  });

  test('a branch that is behind is a warning, as a clone may be', async () => {
    await fixture.engine.close();
    fixture.git(['update-ref', 'refs/heads/cells/local', 'cells/local~1']);
    const found = await fixture.verify();
    expect([codes(found), codes(found, 'warning')]).toEqual([[], ['cell_behind']]);
  });

  test('a quarantine whose last good commit is nowhere is found', async () => {
    const main = await fixture.parse('main');
    await fixture.tamper('cells/local', (commit) => {
      const fields = cellCommit({ commit: commit.parents[0], tree: commit.tree }, main, [`${fixture.a} ${'1'.repeat(40)}`]);
      return { message: fields.message };
    }, stateKey);
    expect(codes(await fixture.verify())).toContain('quarantine_unknown');
  });

  test('what another version of synth made is said not to be checkable, and passes for nothing', async () => {
    await fixture.tamper('cells/local', (commit) => ({ message: commit.message.replace(/Synth-Version: .*/, 'Synth-Version: 1') }), stateKey);
    const found = await fixture.verify();
    expect([found.ok, found.proved, codes(found, 'warning'), found.counts.unproved]).toEqual([true, false, ['not_checkable'], 1]);
    expect(parseTrailers((await fixture.parse('cells/local')).message).get('Synth-Version')).toEqual(['1']);
  });
});
