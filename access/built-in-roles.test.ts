import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadPlatform, loadTenant, readFolder } from '../schemas/index.ts';
import type { Action, PlatformState, TenantState } from '../schemas/index.ts';
import { actionReach } from '../schemas/index.ts';
import { decide } from './index.ts';

const person = 'usr_aaaaaaaaaaaaaaaa';
let platform: PlatformState;

beforeAll(async () => {
  platform = loadPlatform(await readFolder(join(import.meta.dirname, '../tenants-example')));
});

/** A tenant in which the person has one built-in role, everywhere. */
function tenantWith(role: string): TenantState {
  const text = `apiVersion: cameleer.io/v1\nkind: Member\nmetadata:\n  name: ${person}\nspec:\n  bindings:\n    - role: ${role}\n      environments: ["*"]\n`;
  const bytes = new TextEncoder().encode(text);
  return loadTenant('acme', [{ path: `tenants/ac/acme/members/${person}.yaml`, mode: 'file', oid: '', size: bytes.length, bytes }]);
}

function allowedTo(role: string): readonly Action[] {
  const tenant = tenantWith(role);
  return (Object.keys(actionReach) as Action[]).filter((action) => decide(platform, tenant, {
    subject: { kind: 'person', id: person }, action, tenant: 'acme', ...(actionReach[action] === 'environment' ? { environment: 'prod' } : {}),
  }).allowed);
}

const reading: Action[] = ['tenant.read', 'apps.read', 'observe.read'];
const deploying: Action[] = ['apps.create', 'apps.upload', 'apps.deploy', 'apps.promote', 'apps.rollback', 'apps.scale', 'apps.configure', 'apps.restart', 'logs.read', 'secrets.list'];
const debugging: Action[] = ['debug.use', 'replay.use'];
const managing: Action[] = [
  'apps.delete', 'secrets.write', 'secrets.reveal', 'members.manage', 'teams.manage', 'serviceaccounts.manage', 'settings.manage', 'environments.manage', 'vaults.manage',
  'ingresses.manage', 'holds.manage', 'changes.approve', 'audit.read',
];
const owning: Action[] = ['billing.manage', 'tenant.delete', 'roles.manage', 'sso.manage'];

// Owner: full tenant admin, billing, delete. Admin: apps, secrets, members, environments, no billing. Developer: deploys, traces, debugger
// and replay, no team management. Viewer: reads only.
test.each([
  ['viewer', [reading]],
  ['developer', [reading, deploying, debugging]],
  ['admin', [reading, deploying, debugging, managing]],
  ['owner', [reading, deploying, debugging, managing, owning]],
])('%s may do what the product promises, and nothing else', (role, capabilities) => {
  expect([...allowedTo(role)].sort()).toEqual(capabilities.flat().sort());
});

test('every action is somebody’s', () => {
  expect([...allowedTo('owner')].sort()).toEqual(Object.keys(actionReach).sort());
});
