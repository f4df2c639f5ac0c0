import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { releasePayload } from '../release-payload.ts';
import type { RawFile } from '../state.ts';
import { edited, exampleFiles, textOf, withFile } from '../testing/example-state.ts';
import type { Release } from '../types.ts';
import { validateState } from '../validate-state.ts';
import { platformRules } from './platform/index.ts';
import { stateRules } from './state/index.ts';

const acme = 'tenants/ac/acme';
const globex = 'tenants/gl/globex';
const initech = 'tenants/in/initech';
const orders = `${acme}/environments/dev/apps/orders.yaml`;
type Files = readonly RawFile[];
type Edit = (files: Files) => Files;

const replace = (path: string, from: string, to: string): Edit => (files) => edited(files, path, from, to);
const add = (path: string, text: string): Edit => (files) => withFile(files, path, text);
const copy = (from: string, to: string, change: (text: string) => string = (text) => text): Edit => (files) => withFile(files, to, change(textOf(files, from)));
const all = (...edits: readonly Edit[]): Edit => (files) => edits.reduce((state, edit) => edit(state), files);
const spec = (kind: string, name: string, body: object): string => stringify({ apiVersion: 'cameleer.io/v1', kind, metadata: { name }, spec: body });
/** Changes the payload of a licence's token under a key of the test's own, which becomes the trusted one. */
const relicense = (path: string, change: (claims: Record<string, unknown>) => void): Edit => (files) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const [header = '', payload = ''] = (parse(textOf(files, path)) as { spec: { token: string } }).spec.token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  change(claims);
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const token = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  return all((state) => withFile(state, path, textOf(state, path).replace(/token: .*/, `token: ${token}`)), trust('license', publicKey))(files);
};
const trust = (which: 'builder' | 'license', key: KeyObject): Edit => (files) => {
  const platform = parse(textOf(files, 'platform.yaml')) as { spec: { trust: Record<string, { publicKey: string }[]> } };
  platform.spec.trust[which]![0]!.publicKey = key.export({ format: 'der', type: 'spki' }).toString('base64');
  return withFile(files, 'platform.yaml', stringify(platform));
};

/** Each code of each rule, with a change of the example that breaks that rule, and the file that is to blame. */
const cases: readonly (readonly [code: string, path: string, edit: Edit])[] = [
  ['tenant_name_reserved', 'tenants/pl/platform/tenant.yaml', copy(`${globex}/tenant.yaml`, 'tenants/pl/platform/tenant.yaml', (text) => text.replace('name: globex', 'name: platform').replace('g10bexn8r3t6y2p5', 'g10bexn8r3t6y2p6'))],
  ['tier_unknown', `${acme}/tenant.yaml`, replace(`${acme}/tenant.yaml`, 'tier: mid', 'tier: middle')],
  ['license_malformed', `${acme}/license.yaml`, replace(`${acme}/license.yaml`, 'token: ey', 'token: e')],
  ['license_untrusted', `${acme}/license.yaml`, replace('platform.yaml', 'id: vendor-1', 'id: vendor-2')],
  ['license_forged', `${acme}/license.yaml`, trust('license', generateKeyPairSync('ed25519').publicKey)],
  ['license_of_another_tenant', `${acme}/license.yaml`, relicense(`${acme}/license.yaml`, (claims) => { claims['sub'] = 'globex'; })],
  ['license_terms_differ', `${acme}/license.yaml`, relicense(`${acme}/license.yaml`, (claims) => { claims['exp'] = 1; })],
  ['license_tier_differs', `${acme}/license.yaml`, replace(`${acme}/tenant.yaml`, 'tier: mid', 'tier: high')],
  ['license_dates', `${acme}/license.yaml`, replace(`${acme}/license.yaml`, 'notBefore: "2026', 'notBefore: "2046')],
  ['cell_unknown', `${acme}/tenant.yaml`, replace(`${acme}/tenant.yaml`, 'default: local', 'default: moon')],
  ['cell_of_another_tenant', `${acme}/tenant.yaml`, replace(`${acme}/tenant.yaml`, 'default: local', 'default: eu1')],
  ['cell_not_dedicated', `${initech}/tenant.yaml`, replace('cells/local.yaml', 'driver: local', 'driver: flux')],
  ['cell_environment_unknown', `${acme}/tenant.yaml`, replace(`${acme}/tenant.yaml`, 'default: local', 'default: local\n    test: local')],
  ['environments_over_limit', `${acme}/environments/staging/environment.yaml`, add(`${acme}/environments/staging/environment.yaml`, spec('Environment', 'staging', { order: 5 }))],
  ['environment_name_not_in_tier', `${globex}/environments/live/environment.yaml`, all(replace(`${globex}/environments/prod/environment.yaml`, 'name: prod', 'name: prod'), (files) => files.filter((file) => !file.path.startsWith(`${globex}/environments/`)), add(`${globex}/environments/live/environment.yaml`, spec('Environment', 'live', { order: 0 })))],
  ['environment_order_taken', `${acme}/environments/prod/environment.yaml`, replace(`${acme}/environments/prod/environment.yaml`, 'order: 10', 'order: 0')],
  ['freeze_dates', `${initech}/environments/prod/environment.yaml`, replace(`${initech}/environments/prod/environment.yaml`, '2027-01-04', '2026-01-04')],
  ['approvers_missing', `${acme}/environments/prod/environment.yaml`, add(`${acme}/environments/prod/environment.yaml`, spec('Environment', 'prod', { order: 10, approval: { required: true } }))],
  ['teams_over_limit', `${acme}/teams/second.yaml`, add(`${acme}/teams/second.yaml`, spec('Team', 'second', { displayName: 'Second' }))],
  ['vaults_over_limit', `${globex}/vaults/corporate.yaml`, copy(`${initech}/vaults/corporate.yaml`, `${globex}/vaults/corporate.yaml`, (text) => text.replace('staging, ', ''))],
  ['custom_roles_not_entitled', `${acme}/roles/support.yaml`, copy(`${initech}/roles/support.yaml`, `${acme}/roles/support.yaml`, (text) => text.replace(', staging', ''))],
  ['sso_not_entitled', `${acme}/sso/corporate.yaml`, copy(`${initech}/sso/corporate.yaml`, `${acme}/sso/corporate.yaml`, (text) => text.replaceAll('initech', 'acme'))],
  ['role_name_taken', `${initech}/roles/viewer.yaml`, copy(`${initech}/roles/support.yaml`, `${initech}/roles/viewer.yaml`, (text) => text.replace('name: support', 'name: viewer'))],
  ['environment_unknown', `${initech}/serviceaccounts/ci.yaml`, replace(`${initech}/serviceaccounts/ci.yaml`, '[dev]', '[test]')],
  ['role_unknown', `${initech}/sso/corporate.yaml`, replace(`${initech}/sso/corporate.yaml`, 'defaultRole: viewer', 'defaultRole: reader')],
  ['team_unknown', `${initech}/apps/claims/app.yaml`, replace(`${initech}/apps/claims/app.yaml`, 'team: claims', 'team: claim')],
  ['port_repeated', `${acme}/apps/orders/app.yaml`, replace(`${acme}/apps/orders/app.yaml`, '      port: 8080', '      port: 8080\n    - name: http\n      port: 8081')],
  ['port_unknown', `${acme}/apps/orders/app.yaml`, replace(`${acme}/apps/orders/app.yaml`, 'port: http', 'port: web')],
  ['release_tag_mismatch', `${acme}/apps/orders/releases/v1.yaml`, replace(`${acme}/apps/orders/releases/v1.yaml`, 'tag: v1', 'tag: v2')],
  ['release_repository_mismatch', `${acme}/apps/orders/releases/v1.yaml`, replace(`${acme}/apps/orders/releases/v1.yaml`, 'repository: acme/orders', 'repository: globex/orders')],
  ['jar_over_limit', `${globex}/apps/tracking/releases/v1.yaml`, replace(`${globex}/apps/tracking/releases/v1.yaml`, 'size: 9437184', 'size: 67108865')],
  ['release_unsigned', `${acme}/apps/orders/releases/v1.yaml`, replace('platform.yaml', 'id: builder-1', 'id: builder-2')],
  ['release_forged', `${acme}/apps/orders/releases/v1.yaml`, trust('builder', generateKeyPairSync('ed25519').publicKey)],
  ['application_unknown', `${acme}/environments/dev/apps/order.yaml`, copy(orders, `${acme}/environments/dev/apps/order.yaml`, (text) => text.replace('name: orders', 'name: order'))],
  ['release_unknown', orders, replace(orders, 'release: v2', 'release: v9')],
  ['secret_unknown', orders, replace(orders, 'secret: orders-db', 'secret: missing')],
  ['secret_of_another_environment', orders, (files) => withFile(files, `${acme}/environments/dev/secrets/orders-db.yaml`, undefined)],
  ['secret_key_unknown', orders, replace(orders, ': password', ': pass')],
  ['env_reserved', orders, replace(orders, 'ORDERS_REGION', 'LD_PRELOAD')],
  ['env_repeated', orders, replace(orders, 'ORDERS_REGION', 'ORDERS_DB_PASSWORD')],
  ['mount_path_repeated', orders, replace(orders, '  secrets:\n', '  secrets:\n    - secret: orders-db\n      mountPath: /a/b\n    - secret: orders-db\n      mountPath: /a/b\n')],
  ['mount_path_reserved', orders, replace(orders, '  secrets:\n', '  secrets:\n    - secret: orders-db\n      mountPath: /a/../cameleer\n')],
  ...['//proc/x', '/./dev', '/tmp', '/tmp/', '/usr/lib', '/etc'].map((folder): readonly [string, string, Edit] => ['mount_path_reserved', orders, replace(orders, '  secrets:\n', `  secrets:\n    - secret: orders-db\n      mountPath: ${folder}\n`)]),
  ['jvm_option_refused', orders, replace(orders, '-Xss512k', '-javaagent:/tmp/a.jar')],
  ['jvm_option_refused', orders, replace(orders, 'ORDERS_REGION: eu', 'JAVA_TOOL_OPTIONS: -Xmx1g -agentlib:jdwp=transport=dt_socket')],
  ['jvm_option_refused', orders, replace(orders, 'orders.greeting', 'com.sun.management.jmxremote.port')],
  ['jvm_option_refused', orders, replace(orders, 'ORDERS_REGION: eu', `JAVA_TOOL_OPTIONS: '"-javaagent:/tmp/a.jar"'`)],
  ['jvm_option_refused', orders, replace(orders, 'ORDERS_REGION: eu', `JAVA_TOOL_OPTIONS: '""-java"agent":/tmp/a.jar'`)],
  ['jvm_option_refused', orders, replace(orders, 'ORDERS_REGION: eu', `JAVA_TOOL_OPTIONS: '-Da="b'`)],
  ['quota_exceeded', orders, replace(orders, 'replicas: 1', 'replicas: 41')],
  ['deployment_unknown', `${initech}/environments/dev/holds/other.yaml`, add(`${initech}/environments/dev/holds/other.yaml`, spec('Hold', 'other', { reason: 'x', by: 'usr_initadmin0000001' }))],
  ['ingress_repeated', `${initech}/environments/prod/ingresses/other.yaml`, copy(`${initech}/environments/prod/ingresses/claims.yaml`, `${initech}/environments/prod/ingresses/other.yaml`, (text) => text.replace('name: claims', 'name: other'))],
  ['environment_key_cell', `${initech}/environments/prod/key.yaml`, replace(`${initech}/tenant.yaml`, 'default: local', 'default: local\n    prod: eu1')],
  ['environment_key_manifest', `${acme}/environments/dev/key.yaml`, replace(`${acme}/environments/dev/key.yaml`, 'namespace: cameleer-system', 'namespace: kube-system')],
  ['environment_key_manifest', `${acme}/environments/dev/key.yaml`, replace(`${acme}/environments/dev/key.yaml`, 'kind: Secret', 'kind: ClusterRole')],
  ['environment_key_manifest', `${acme}/environments/dev/key.yaml`, (files) => {
    const path = `${acme}/environments/dev/key.yaml`;
    const object = parse(textOf(files, path)) as { spec: { cellSecret: { manifest: string } } };
    object.spec.cellSecret.manifest = `# \u2028kind: ClusterRole\n${object.spec.cellSecret.manifest}`;
    return withFile(files, path, JSON.stringify(object).replaceAll('\u2028', '\\u2028'));
  }],
  ['environment_key_cell', `${initech}/environments/constructor/key.yaml`, all(
    add(`${initech}/environments/constructor/environment.yaml`, spec('Environment', 'constructor', { order: 7 })),
    copy(`${initech}/environments/dev/key.yaml`, `${initech}/environments/constructor/key.yaml`, (text) => text.replace('name: dev', 'name: constructor').replace('cell: local', 'cell: eu1')),
  )],
  ['environment_key_reused', `${acme}/environments/prod/key.yaml`, (files) => {
    const recipient = (path: string) => (parse(textOf(files, path)) as { spec: { recipients: { environment: string } } }).spec.recipients.environment;
    return edited(files, `${acme}/environments/prod/key.yaml`, recipient(`${acme}/environments/prod/key.yaml`), recipient(`${acme}/environments/dev/key.yaml`));
  }],
  ['environment_key_missing', `${acme}/environments/dev/secrets/orders-db.yaml`, (files) => withFile(files, `${acme}/environments/dev/key.yaml`, undefined)],
  ['secret_namespace', `${acme}/environments/prod/secrets/orders-db.yaml`, copy(`${acme}/environments/dev/secrets/orders-db.yaml`, `${acme}/environments/prod/secrets/orders-db.yaml`)],
  ['secret_recipients', `${acme}/environments/prod/secrets/orders-db.yaml`, copy(`${acme}/environments/dev/secrets/orders-db.yaml`, `${acme}/environments/prod/secrets/orders-db.yaml`)],
  ...['on', '010', '1e3', 'No', '2026-01-01'].map((key) => ['secret_key_ambiguous', `${acme}/environments/dev/secrets/orders-db.yaml`, replace(`${acme}/environments/dev/secrets/orders-db.yaml`, '  password:', `  ${key}: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\n  password:`)] as const),
  ['secret_not_encrypted', `${acme}/environments/dev/secrets/orders-db.yaml`, (files) => withFile(files, `${acme}/environments/dev/secrets/orders-db.yaml`, textOf(files, `${acme}/environments/dev/secrets/orders-db.yaml`).replace(/password: .*/, 'password: ""'))],

  ['trust_key_invalid', 'platform.yaml', replace('platform.yaml', 'publicKey: MCow', 'publicKey: AAAA')],
  ['trust_key_repeated', 'platform.yaml', replace('platform.yaml', '      - id: builder-1', '      - id: builder-1\n        publicKey: MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n      - id: builder-1')],
  ['tier_defaults_over_max', 'tiers/mid.yaml', replace('tiers/mid.yaml', 'max: 2', 'max: 1')],
  ['cell_range_invalid', 'cells/eu1.yaml', replace('cells/eu1.yaml', '10.48.16.10/32', '10.48.16.10/33')],
  ['cell_range_invalid', 'cells/local.yaml', replace('cells/local.yaml', 'fd00:10:244::/56', '::ffff:10.244.0.0/112')],
  ['cell_address_invalid', 'cells/eu1.yaml', replace('cells/eu1.yaml', '169.254.20.10', '169.254.20')],
  ['recipient_reused', 'cells/local.yaml', (files) => {
    const recipient = (path: string) => /recipient: (.*)/.exec(textOf(files, path))?.[1] ?? '';
    return edited(files, 'cells/eu1.yaml', recipient('cells/eu1.yaml'), recipient('cells/local.yaml'));
  }],

  ['claim_taken', `${initech}/tenant.yaml`, replace(`${initech}/tenant.yaml`, '1n1techz4h6j8m0v', 'acm3k7q2x9d4w5b1')],
  ['claim_taken', `${initech}/environments/prod/ingresses/claims.yaml`, copy(`${initech}/environments/prod/ingresses/claims.yaml`, `${acme}/environments/prod/ingresses/claims.yaml`, (text) => text.replace('application: claims', 'application: orders').replace('path: /', 'path: /acme'))],
  ['file_unknown', `${acme}/environments/dev/apps/orders.yml`, copy(orders, `${acme}/environments/dev/apps/orders.yml`)],
  ['file_unknown', 'tenants/xx/acme/tenant.yaml', copy(`${acme}/tenant.yaml`, 'tenants/xx/acme/tenant.yaml')],
  ['file_unknown', 'tenants/notes.txt', add('tenants/notes.txt', 'x')],
  ['file_missing', `${acme}/environments/dev/environment.yaml`, (files) => withFile(files, `${acme}/environments/dev/environment.yaml`, undefined)],
  ['file_missing', `${acme}/apps/orders/app.yaml`, (files) => withFile(files, `${acme}/apps/orders/app.yaml`, undefined)],
  ['file_missing', 'platform.yaml', (files) => withFile(files, 'platform.yaml', undefined)],
];

describe('state rules', () => {
  let files: Files;
  beforeAll(async () => {
    files = await exampleFiles();
  });

  it.each(cases)('%s in %s', (code, path, edit) => {
    const found = validateState(edit(files)).filter((problem) => problem.severity === 'error');
    expect(found.map((problem) => `${problem.code} ${problem.path}`)).toContain(`${code} ${path}`);
  });

  it('have a case for each of their codes', () => {
    const tested = new Set(cases.map(([code]) => code));
    expect([...stateRules, ...platformRules].flatMap((rule) => rule.codes).filter((code) => !tested.has(code))).toEqual([]);
  });

  it('let a README and a host\'s own files be', () => {
    const more = all(add('README.md', 'x'), add(`${acme}/README.md`, 'x'), add('.github/workflows/check.yaml', 'x: ['), add('CODEOWNERS', 'x'));
    expect(validateState(more(files)).filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  it('accept a release only of the application and tenant that it was signed for', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const path = `${globex}/apps/tracking/releases/v1.yaml`;
    const codes = (tenant: string, application: string) => {
      const release = parse(textOf(files, path)) as Release;
      release.spec.signature.value = sign(null, releasePayload(tenant, application, release), privateKey).toString('base64');
      return validateState(all(add(path, stringify(release)), trust('builder', publicKey))(files)).filter((problem) => problem.path === path).map((problem) => problem.code);
    };
    expect(codes('globex', 'tracking')).toEqual([]);
    expect(codes('acme', 'tracking')).toEqual(['release_forged']);
    expect(codes('globex', 'orders')).toEqual(['release_forged']);
  });

  it('accept a secret\'s key of any form in quotes', () => {
    const path = `${acme}/environments/dev/secrets/orders-db.yaml`;
    const quoted = edited(files, path, '  password:', '  "010": ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\n  password:');
    expect(validateState(quoted).filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  it('say what is not enforced yet, as notices', () => {
    const notices = validateState(files).filter((problem) => problem.severity === 'notice');
    expect(new Set(notices.map((problem) => problem.code))).toEqual(new Set(['not_enforced_yet']));
    expect(notices.map((problem) => `${problem.path.slice(initech.length)} ${problem.pointer}`)).toContain('/settings.yaml /spec/redaction');
  });
});
