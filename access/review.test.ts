import { describe, expect, test } from 'vitest';
import { loadPlatform, loadTenant, readFolder } from '../schemas/index.ts';
import type { Action, PlatformState, TenantState } from '../schemas/index.ts';
import { join } from 'node:path';
import { actionReach } from '../schemas/index.ts';
import { decide, reviewPlatform, reviewTenant } from './index.ts';
import type { AccessRow } from './index.ts';

const files = await readFolder(join(import.meta.dirname, '..', 'tenants-example'));
const platform: PlatformState = loadPlatform(files.filter(({ path }) => !path.startsWith('tenants/')));
const tenant: TenantState = loadTenant('acme', files.filter(({ path }) => path.startsWith('tenants/ac/acme/')));

function may(row: AccessRow, action: Action): boolean {
  const subject = row.kind === 'person' ? { kind: 'person', id: row.subject } as const : { kind: 'serviceAccount', tenant: 'acme', name: row.subject } as const;
  return decide(platform, tenant, { subject, tenant: 'acme', action, ...(row.environment === '*' ? {} : { environment: row.environment }), ...(row.team === undefined ? {} : { team: row.team }) }).allowed;
}

describe('a review', () => {
  test('says of every member and service account, in every environment, what each request would be answered', () => {
    const rows = reviewTenant(platform, tenant);
    const subjects = [...tenant.members.keys(), ...tenant.serviceAccounts.keys()];
    expect(new Set(rows.map(({ subject }) => subject))).toEqual(new Set(subjects));
    const operators = platform.platform!.object.spec.operators;
    for (const row of rows.filter(({ subject, team }) => !operators.includes(subject) && team === undefined)) {
      const actions = (Object.keys(actionReach) as Action[]).filter((action) => (actionReach[action] === 'environment') === (row.environment !== '*'));
      expect(row.actions, `${row.subject} ${row.environment}`).toEqual(actions.filter((action) => may(row, action)).sort());
    }
    for (const row of rows.filter(({ team }) => team !== undefined)) expect(row.actions.every((action) => may(row, action))).toBe(true);
    expect(reviewTenant(platform, tenant, 'prod').every(({ environment }) => environment === 'prod')).toBe(true);
  });

  test('names operators and auditors for all tenants', () => {
    expect(reviewPlatform(platform).map(({ subject, kind, tenant: where }) => [subject, kind, where])).toEqual([['usr_op3rat0r00000001', 'operator', '*']]);
  });
});
