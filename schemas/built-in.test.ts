import { beforeAll, describe, expect, it } from 'vitest';
import { loadPlatform } from './load-platform.ts';
import { effectiveLimits } from './limits.ts';
import { loadTenant } from './load-tenant.ts';
import type { PlatformState, RawFile } from './state.ts';
import { edited, exampleFiles } from './testing/example-state.ts';
import type { Action, Tier } from './types.ts';

let files: readonly RawFile[];
let platform: PlatformState;
beforeAll(async () => {
  files = await exampleFiles();
  platform = loadPlatform(files);
});

/** The product's tier matrix, row by row: low, mid, high, business. */
const matrix: readonly [row: string, read: (spec: Tier['spec']) => unknown, values: readonly unknown[]][] = [
  ['Infrastructure', (spec) => spec.infrastructure, ['shared', 'shared', 'dedicated', 'dedicated']],
  ['Pricing', (spec) => spec.pricing.model, ['usage', 'usage', 'committed', 'committed']],
  ['Environments', (spec) => spec.environments.max, [1, 2, 'unlimited', 'unlimited']],
  ['Default environments', (spec) => spec.environments.defaults.join(', '), ['prod', 'dev, prod', 'dev, staging, prod', 'dev, staging, prod']],
  ['Custom environments', (spec) => spec.environments.custom, [false, false, true, true]],
  ['Agents (5 and 25 are ours)', (spec) => spec.limits.agents, [5, 25, 'unlimited', 'unlimited']],
  ['Data Retention', (spec) => spec.limits.retentionDays, [7, 30, 90, 'custom']],
  ['Topology Graph', (spec) => spec.features.topology, [true, true, true, true]],
  ['Payload Lineage', (spec) => spec.features.lineage, ['limited', 'full', 'full', 'full']],
  ['Payload Lineage, captures a minute', (spec) => spec.features.lineageCapturesPerMinute, [10, 'unlimited', 'unlimited', 'unlimited']],
  ['Cross-Service Correlation', (spec) => spec.features.correlation, [false, true, true, true]],
  ['Live Route Debugger', (spec) => spec.features.debugger, [false, false, true, true]],
  ['Exchange Replay', (spec) => spec.features.replay, [false, false, true, true]],
  ['SSO / OIDC', (spec) => spec.features.sso, [false, false, true, true]],
  ['Custom Roles', (spec) => spec.features.customRoles, [false, false, true, true]],
  ['Team Management: basic is a single team', (spec) => spec.limits.teams, [1, 1, 'unlimited', 'unlimited']],
  ['Secrets: vaults', (spec) => spec.limits.vaults, [0, 1, 'unlimited', 'unlimited']],
  ['Support', (spec) => spec.support, ['Docs', 'Email', 'Priority', 'Dedicated customer success manager']],
  ['SLA', (spec) => spec.sla, ['Best effort', '99.5%', '99.9%', '99.95% or better, by contract']],
  ['VPN', (spec) => spec.features.vpn, [false, false, true, true]],
  ['JAR size in MiB (ours)', (spec) => spec.limits.jarMiB, [64, 128, 512, 512]],
];

describe('tiers', () => {
  it('are four', () => {
    expect([...platform.tiers.keys()].sort()).toEqual(['business', 'high', 'low', 'mid']);
  });

  it.each(matrix)('%s', (_row, read, values) => {
    const specs = ['low', 'mid', 'high', 'business'].map((name) => platform.tiers.get(name)?.object.spec);
    expect(specs.map((spec) => (spec === undefined ? undefined : read(spec)))).toEqual(values);
  });
});

describe('built-in roles', () => {
  const actionsOf = (role: string) => new Set<Action>(platform.roles.get(role)?.object.spec.permissions.flatMap((permission) => permission.allow));

  it('are four, and hold in every environment', () => {
    expect([...platform.roles.keys()].sort()).toEqual(['admin', 'developer', 'owner', 'viewer']);
    for (const role of platform.roles.values()) expect(role.object.spec.permissions.map((permission) => permission.environments)).toEqual([['*']]);
  });

  it('give each role everything of the next lower one', () => {
    expect([...actionsOf('admin')].filter((action) => !actionsOf('owner').has(action))).toEqual([]);
    expect([...actionsOf('developer')].filter((action) => !actionsOf('admin').has(action))).toEqual([]);
    expect([...actionsOf('viewer')].filter((action) => !actionsOf('developer').has(action))).toEqual([]);
  });

  it.each<[string, readonly Action[], readonly Action[]]>([
    ['owner', ['billing.manage', 'tenant.delete', 'members.manage', 'roles.manage'], []],
    ['admin', ['apps.delete', 'secrets.write', 'members.manage', 'environments.manage'], ['billing.manage', 'tenant.delete']],
    ['developer', ['apps.deploy', 'observe.read', 'debug.use', 'replay.use'], ['members.manage', 'teams.manage', 'secrets.reveal']],
    ['viewer', ['observe.read'], ['apps.deploy', 'apps.configure', 'secrets.list']],
  ])('%s', (role, may, mayNot) => {
    for (const action of may) expect(actionsOf(role)).toContain(action);
    for (const action of mayNot) expect(actionsOf(role)).not.toContain(action);
  });
});

describe('effective limits', () => {
  it('are the smaller of tier and licence, in each dimension', () => {
    const lowered = ['agents: 25>agents: 3', 'environments: 2>environments: unlimited', 'vaults: 1>vaults: 0', 'retentionDays: 30>retentionDays: 90', 'lineage: full>lineage: limited'];
    const changed = lowered.reduce((state, each) => edited(state, 'tenants/ac/acme/license.yaml', each.split('>')[0]!, each.split('>')[1]!), files);
    expect(effectiveLimits(platform, loadTenant('acme', changed))).toMatchObject({
      agents: 3, environments: { max: 2 }, vaults: 0, retentionDays: 30, jarMiB: 128, features: { lineage: 'limited', correlation: true }, quota: { cpu: '4', memory: '8Gi', pods: 40 },
    });
  });

  it('take the quota from the contract where there is one', () => {
    expect(effectiveLimits(platform, loadTenant('initech', files))?.quota).toEqual({ cpu: '12', memory: '48Gi', pods: 200 });
  });
});
