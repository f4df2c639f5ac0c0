import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadPlatform } from '../load-platform.ts';
import { loadTenant } from '../load-tenant.ts';
import type { PlatformState, RawFile } from '../state.ts';
import { edited, exampleFiles, textOf, withFile } from '../testing/example-state.ts';
import { checkTransition } from '../validate.ts';
import type { ChangedBy } from './rule.ts';
import { transitionRules } from './transition/index.ts';

const acme = 'tenants/ac/acme';
const globex = 'tenants/gl/globex';
const initech = 'tenants/in/initech';
const acmeProd = `${acme}/environments/prod/apps/orders.yaml`;
const initechProd = `${initech}/environments/prod/apps/claims.yaml`;
const hold = `${initech}/environments/prod/holds/claims.yaml`;
const now = new Date('2026-07-01T00:00:00Z');

type Files = readonly RawFile[];
type Edit = (files: Files) => Files;
const replace = (path: string, from: string, to: string): Edit => (files) => edited(files, path, from, to);
const remove = (path: string): Edit => (files) => files.filter((file) => file.path !== path && !file.path.startsWith(`${path}/`));
const all = (...edits: readonly Edit[]): Edit => (files) => edits.reduce((state, edit) => edit(state), files);
let example: Files = [];
const none: Edit = (files) => files;
const release = (path: string, to: string): Edit => (files) => withFile(files, path, textOf(files, path).replace(/release: .*/, `release: ${to}`));
const copyRelease = (from: string, to: string): Edit => (files) => {
  const object = parse(textOf(files, `${acme}/apps/orders/releases/${from}.yaml`)) as { metadata: { name: string } };
  object.metadata.name = to;
  return withFile(files, `${acme}/apps/orders/releases/${to}.yaml`, stringify(object));
};

interface Case {
  readonly name: string;
  readonly tenant?: string;
  /** What the state was, as an edit of the example, and what is done to it. */
  readonly before?: Edit;
  readonly change: Edit;
  readonly by?: ChangedBy;
  readonly now?: string;
  readonly codes: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'nothing', change: none, codes: [] },
  { name: 'a new uid', change: replace(`${acme}/tenant.yaml`, 'acm3k7q2x9d4w5b1', 'acm3k7q2x9d4w5b2'), by: 'platform', codes: ['tenant_uid_changed'] },
  { name: 'a tenant removed', change: remove(acme), by: 'operator', codes: ['tenant_removed'] },
  { name: 'a tenant removed while deleting', before: replace(`${acme}/tenant.yaml`, 'lifecycle: active', 'lifecycle: deleting'), change: remove(acme), by: 'platform', codes: [] },
  { name: 'a write to a suspended tenant', before: replace(`${acme}/tenant.yaml`, 'lifecycle: active', 'lifecycle: suspended'), change: replace(`${acme}/settings.yaml`, 'ACME', 'Acme'), codes: ['tenant_not_active'] },
  { name: 'a write by an operator to a suspended tenant', before: replace(`${acme}/tenant.yaml`, 'lifecycle: active', 'lifecycle: suspended'), change: replace(`${acme}/settings.yaml`, 'ACME', 'Acme'), by: 'operator', codes: [] },
  { name: 'a write after the licence', change: replace(`${acme}/settings.yaml`, 'ACME', 'Acme'), now: '2036-01-01T00:00:00Z', codes: ['license_expired'] },
  { name: 'a write before the licence', change: replace(`${acme}/settings.yaml`, 'ACME', 'Acme'), now: '2025-12-31T23:59:59Z', codes: ['license_not_yet_valid'] },
  { name: 'a tenant that raises its tier', change: replace(`${acme}/tenant.yaml`, 'tier: mid', 'tier: high'), codes: ['owned_by_platform'] },
  { name: 'a tenant that changes its licence', change: replace(`${acme}/license.yaml`, 'agents: 25', 'agents: 99'), codes: ['owned_by_platform'] },
  { name: 'a tenant that changes a key', change: replace(`${acme}/environments/dev/key.yaml`, 'cell: local', 'cell: eu1'), codes: ['owned_by_platform'] },
  { name: 'an environment added with its key', before: all(remove(`${acme}/environments/prod`)), change: (files) => [...files, ...example.filter((file) => /prod\/(?:environment|key)\.yaml$/.test(file.path) && file.path.startsWith(acme))], codes: [] },
  { name: 'a key added later', before: remove(`${acme}/environments/dev/key.yaml`), change: (files) => [...files, ...example.filter((file) => file.path === `${acme}/environments/dev/key.yaml`)], codes: ['owned_by_platform'] },
  { name: 'an operator who does', change: replace(`${acme}/environments/dev/key.yaml`, 'cell: local', 'cell: eu1'), by: 'operator', codes: [] },
  { name: 'the last owner gone', change: remove(`${acme}/members/usr_op3rat0r00000001.yaml`), codes: ['last_owner_removed'] },
  { name: 'a release changed', change: replace(`${acme}/apps/orders/releases/v1.yaml`, 'size: 9437184', 'size: 1'), by: 'platform', codes: ['release_immutable'] },
  { name: 'a comment in a release changed', change: replace(`${acme}/apps/orders/releases/v1.yaml`, '# Made', '# made'), by: 'operator', codes: ['release_immutable'] },
  { name: 'a running release removed', change: remove(`${acme}/apps/orders/releases/v1.yaml`), by: 'operator', codes: ['release_in_use'] },
  { name: 'an unused release removed', before: copyRelease('v2', 'v3'), change: remove(`${acme}/apps/orders/releases/v3.yaml`), by: 'operator', codes: [] },
  { name: 'an unused release removed by the tenant', before: copyRelease('v2', 'v3'), change: remove(`${acme}/apps/orders/releases/v3.yaml`), codes: ['owned_by_platform'] },
  { name: 'a new release', change: copyRelease('v2', 'v3'), codes: [] },
  { name: 'a new rebuild of an older release', change: copyRelease('v1', 'v1-r1'), codes: [] },
  { name: 'a number given twice', before: copyRelease('v2', 'v5'), change: copyRelease('v2', 'v4'), codes: ['release_number_reused'] },
  { name: 'a rebuild number given twice', before: copyRelease('v1', 'v1-r2'), change: copyRelease('v1', 'v1-r1'), codes: ['release_number_reused'] },
  { name: 'an environment with deployments removed', change: remove(`${acme}/environments/prod`), codes: ['environment_in_use'] },
  { name: 'an empty environment removed, with its key', before: all(remove(acmeProd), remove(`${acme}/environments/prod/apps`), remove(`${acme}/environments/prod/secrets`)), change: remove(`${acme}/environments/prod`), codes: [] },
  { name: 'an application with deployments removed', change: remove(`${acme}/apps/billing`), by: 'operator', codes: ['application_in_use'] },
  { name: 'a promotion', change: release(acmeProd, 'v2'), codes: [] },
  { name: 'a promotion past an environment', before: copyRelease('v2', 'v3'), change: release(acmeProd, 'v3'), codes: ['promotion_order'] },
  { name: 'a promotion past an environment by an operator', before: copyRelease('v2', 'v3'), change: release(acmeProd, 'v3'), by: 'operator', codes: ['promotion_order'] },
  { name: 'both environments at once', before: copyRelease('v2', 'v3'), change: all(release(`${acme}/environments/dev/apps/orders.yaml`, 'v3'), release(acmeProd, 'v3')), codes: ['promotion_order'] },
  { name: 'a first deployment past an environment', before: all(remove(acmeProd), remove(`${acme}/environments/dev/apps/orders.yaml`)), change: (files) => withFile(files, acmeProd, stringify({ apiVersion: 'cameleer.io/v1', kind: 'AppDeployment', metadata: { name: 'orders' }, spec: { release: 'v1' } })), codes: ['promotion_order'] },
  { name: 'a rollback', before: release(acmeProd, 'v2'), change: release(acmeProd, 'v1'), codes: [] },
  { name: 'a rollback after dev went on', before: all(copyRelease('v2', 'v3'), release(acmeProd, 'v2'), release(`${acme}/environments/dev/apps/orders.yaml`, 'v3')), change: release(acmeProd, 'v1'), codes: [] },
  { name: 'the lowest environment', before: copyRelease('v2', 'v3'), change: release(`${acme}/environments/dev/apps/orders.yaml`, 'v3'), codes: [] },
  { name: 'the only environment', tenant: 'globex', before: (files) => withFile(files, `${globex}/apps/tracking/releases/v2.yaml`, textOf(files, `${globex}/apps/tracking/releases/v1.yaml`).replaceAll('v1', 'v2')), change: release(`${globex}/environments/prod/apps/tracking.yaml`, 'v2'), codes: [] },
  { name: 'a held release', tenant: 'initech', change: release(initechProd, 'v2'), by: 'operator', codes: ['held'] },
  { name: 'a held release gone', tenant: 'initech', change: remove(initechProd), by: 'operator', codes: ['held'] },
  { name: 'a hold that is over', tenant: 'initech', before: replace(hold, 'by: usr', 'until: "2026-06-30T00:00:00Z"\n  by: usr'), change: release(initechProd, 'v2'), by: 'operator', codes: [] },
  { name: 'a hold resumed in the same change', tenant: 'initech', change: all(remove(hold), release(initechProd, 'v2')), by: 'operator', codes: [] },
  // What is wrong with the file itself is said there; the deployment is not gone.
  { name: 'a held deployment whose file is broken', tenant: 'initech', change: replace(initechProd, 'replicas: 3', 'replicas: -3'), codes: [] },
  { name: 'the replicas of a held deployment', tenant: 'initech', change: replace(initechProd, 'replicas: 3', 'replicas: 4'), codes: [] },
  { name: 'a release in a freeze', tenant: 'initech', before: remove(hold), change: release(initechProd, 'v2'), by: 'operator', now: '2026-12-21T00:00:00Z', codes: ['environment_frozen'] },
  { name: 'a release at the end of the freeze', tenant: 'initech', before: remove(hold), change: release(initechProd, 'v2'), by: 'operator', now: '2027-01-04T00:00:00Z', codes: [] },
  { name: 'a release without approval', tenant: 'initech', before: remove(hold), change: release(initechProd, 'v2'), codes: ['approval_required'] },
  { name: 'configuration without approval', tenant: 'initech', change: replace(initechProd, 'sampling: "0.1"', 'sampling: "1"'), codes: ['approval_required'] },
  { name: 'a deployment removed without approval', tenant: 'initech', before: remove(hold), change: remove(initechProd), codes: ['approval_required'] },
  { name: 'JVM options by way of the application', tenant: 'initech', change: replace(`${initech}/apps/claims/app.yaml`, 'spec:', 'spec:\n  defaults: {jvmOptions: [-Xint]}'), codes: ['approval_required'] },
  { name: 'another name of the application', tenant: 'initech', change: replace(`${initech}/apps/claims/app.yaml`, 'displayName: ', 'displayName: Our '), codes: [] },
  { name: 'an application that runs where nobody must approve', change: replace(`${acme}/apps/orders/app.yaml`, 'periodSeconds: 2', 'periodSeconds: 3'), codes: [] },
  { name: 'an application that two guarded environments run, by the policies of both', tenant: 'initech', before: replace(`${initech}/environments/staging/environment.yaml`, 'order: 10', 'order: 10\n  approval: {required: true, approvers: {roles: [developer], count: 1}}'), change: replace(`${initech}/apps/claims/app.yaml`, 'spec:', 'spec:\n  defaults: {jvmOptions: [-Xint]}'), codes: ['approval_required', 'approval_required'] },
  { name: 'a secret in use', tenant: 'initech', change: replace(`${initech}/environments/prod/secrets/claims-db.yaml`, 'lastmodified: "2026', 'lastmodified: "2027'), codes: ['approval_required'] },
  { name: 'an approval policy taken away', tenant: 'initech', change: replace(`${initech}/environments/prod/environment.yaml`, 'required: true', 'required: false'), codes: ['approval_required'] },
  { name: 'the setting taken away', tenant: 'initech', change: replace(`${initech}/settings.yaml`, 'requireApprovalForProd: true', 'requireApprovalForProd: false'), codes: ['approval_required'] },
  { name: 'staging, where none is required', tenant: 'initech', change: release(`${initech}/environments/staging/apps/claims.yaml`, 'v1'), codes: [] },
];

describe('transition rules', () => {
  let files: Files;
  let platform: PlatformState;
  beforeAll(async () => {
    files = await exampleFiles();
    example = files;
    platform = loadPlatform(files);
  });

  it.each(cases)('$name: $codes', ({ tenant = 'acme', before = none, change, by = 'tenant', now: at, codes }) => {
    const old = before(files);
    const fresh = change(old);
    const load = (state: Files) => (state.some((file) => file.path.endsWith(`/${tenant}/tenant.yaml`)) ? loadTenant(tenant, state) : undefined);
    const problems = checkTransition({ platform: { before: platform, after: platform }, tenant: { before: load(old), after: load(fresh) }, now: at === undefined ? now : new Date(at), by });
    expect(problems.map((problem) => problem.code)).toEqual(codes);
  });

  it('have a case for each of their codes', () => {
    const tested = new Set(cases.flatMap(({ codes }) => codes));
    expect(transitionRules.flatMap((rule) => rule.codes).filter((code) => !tested.has(code))).toEqual([]);
  });

  it('don\'t judge a tenant that begins', () => {
    const after = loadTenant('initech', files);
    expect(checkTransition({ platform: { before: platform, after: platform }, tenant: { before: undefined, after }, now, by: 'platform' })).toEqual([]);
  });
});
