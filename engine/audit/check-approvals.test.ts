import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { codes, makeAuditFixture, stateKey } from '../testing/audit-fixture.ts';
import type { AuditFixture } from '../testing/audit-fixture.ts';
import { deployment, setField } from '../testing/fixture.ts';
import { refusalUnder } from '../../workflows/requests/policy.ts';

let fixture: AuditFixture;

beforeEach(async () => { fixture = await makeAuditFixture(refusalUnder); });
afterEach(() => fixture.remove());

describe('approvals', () => {
  const author = 'usr_author0000000001';
  const approver = 'usr_approver00000001';
  const stranger = 'usr_stranger00000001';
  const bystander = 'usr_viewer0000000001';
  let turn = 0;

  /** A change of what runs in prod by somebody of the tenant, merged with these approvals. */
  async function merge(approvedBy: readonly string[], planHash?: (hash: string) => string | undefined): Promise<string> {
    turn += 1;
    const intent = setField(deployment(fixture.a, 'prod'), ['spec', 'env', 'TURN'], String(turn), { requestId: `merge-${turn}` });
    const change = { ...intent.change, actor: author };
    const { commit } = await fixture.engine.write({
      ...intent, change, approved: true,
      confirm: ({ plan }) => {
        const hash = planHash === undefined ? plan.hash : planHash(plan.hash);
        return Promise.resolve({ ...change, approvedBy, ...(hash === undefined ? {} : { planHash: hash }) });
      },
    });
    return commit;
  }

  beforeEach(async () => {
    const member = (id: string, role: string) => `apiVersion: cameleer.io/v1\nkind: Member\nmetadata:\n  name: ${id}\nspec:\n  bindings:\n    - role: ${role}\n      environments: ["*"]\n`;
    const path = (id: string) => `${tenantDirectory(fixture.a)}/members/${id}.yaml`;
    const change = setField(deployment(fixture.a), [], 0, { requestId: 'members' }).change;
    await fixture.engine.write({ change, apply: (draft) => Promise.resolve([[author, 'developer'], [approver, 'owner'], [bystander, 'viewer']].forEach(([id, role]) => draft.put(path(id!), member(id!, role!)))) });
    await fixture.engine.write(setField({ kind: 'Environment', tenant: fixture.a, environment: 'prod', name: 'prod' }, ['spec', 'approval'], { required: true, approvers: { roles: ['owner'], count: 1 } }, { requestId: 'policy' }));
  });

  test('that fit the policy and the plan pass', async () => {
    await merge([approver]);
    expect(await fixture.verify()).toMatchObject({ ok: true, findings: [], counts: { approved: 1 } });
  });

  test.each<[string, readonly string[], ((hash: string) => string | undefined) | undefined, readonly string[]]>([
    ['missing', [], undefined, ['approval_missing']],
    ['for another plan', [approver], () => 'f'.repeat(64), ['plan_differs']],
    ['for no plan', [approver], () => undefined, ['plan_missing']],
    ['of the author', [author, approver], undefined, ['approved_own']],
    ['of somebody without the right', [bystander], undefined, ['approver_unentitled', 'approval_missing']],
    ['of nobody of the tenant', [stranger, approver], undefined, ['approver_unentitled']],
  ])('that are %s are found', async (_what, approvers, hash, expected) => {
    const commit = await merge(approvers, hash);
    const found = await fixture.verify();
    expect(found.findings.map(({ code, commit: at }) => [code, at])).toEqual(expected.map((code) => [code, commit]));
  });

  test('that were dropped from the commit are found, whoever signs it again', async () => {
    await merge([approver]);
    await fixture.tamper('main', (commit) => ({ message: commit.message.replace(/Approved-By: .*\n/, '') }), stateKey);
    expect(codes(await fixture.verify())).toEqual(expect.arrayContaining(['source_unknown', 'approval_missing']));
  });

  test('that nobody asked for are said to be missing where a request’s own commit was put on main', async () => {
    turn += 1;
    const intent = setField(deployment(fixture.a), ['spec', 'env', 'TURN'], String(turn), { requestId: `proposed-${turn}` });
    const { commit } = await fixture.engine.requests.open(7, intent);
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    expect((await fixture.verify()).findings).toMatchObject([{ code: 'merged_elsewhere', severity: 'warning', commit }, { code: 'cell_behind' }]);
  });

  test('are asked by the right of before the change: nobody entitles themselves', async () => {
    const path = `${tenantDirectory(fixture.a)}/members/${bystander}.yaml`;
    turn += 1;
    const change = { ...setField(deployment(fixture.a), [], 0, { requestId: `self-${turn}` }).change, actor: author };
    await fixture.engine.write({
      change, approved: true, apply: async (draft) => {
        draft.put(path, fixture.read(path).replace('role: viewer', 'role: owner'));
        await draft.edit(deployment(fixture.a, 'prod'), (document) => document.setIn(['spec', 'env', 'TURN'], 'self'));
      },
      confirm: ({ plan }) => Promise.resolve({ ...change, approvedBy: [bystander], planHash: plan.hash }),
    });
    expect(codes(await fixture.verify())).toEqual(['approver_unentitled', 'approval_missing']);
  });
});
