import { beforeAll, describe, expect, it } from 'vitest';
import { edited, exampleFiles, textOf } from './testing/example-state.ts';
import type { RawFile } from './state.ts';
import { validateState } from './validate-state.ts';

const acme = 'tenants/ac/acme';
const globex = 'tenants/gl/globex';
const initech = 'tenants/in/initech';

/** file, what stands there, what stands there with one character wrong, the problems that come of it: in that file, unless they name another. */
const cases: readonly [path: string, right: string, wrong: string, expected: readonly string[]][] = [
  ['platform.yaml', 'operators:', 'operator:', ['8:3 field_missing', '8:3 field_unknown']],
  ['platform.yaml', 'usr_op3rat0r00000001', 'usr_op3rat0r0000001', ['9:7 field_format']],
  ['platform.yaml', 'AAAAC3NzaC1lZDI1NTE5AAAA', 'AAAAC3NzaC1lZDI1NTE6AAAA', ['17:9 field_format']],
  ['platform.yaml', 'dddjuwCmD', 'dddjuwCm', ['17:9 field_format']],
  ['platform.yaml', 'age12fxsq', 'age12fxsp', ['27:20 field_format']],
  ['cells/eu1.yaml', '0xtf5m', '0xtf5n', ['10:14 field_format']],
  ['cells/local.yaml', 'driver: local', 'driver: locall', ['8:11 field_value']],
  ['cells/local.yaml', '10.244.0.0/16', '10.244.0.0/46', ['15:12 cell_range_invalid']],
  ['cells/eu1.yaml', '169.254.20.10', '169.254.20.310', ['21:17 cell_address_invalid']],
  ['tiers/mid.yaml', 'max: 2', 'max: 1', [`${acme}/environments/prod/environment.yaml:1:1 environments_over_limit`, '17:15 tier_defaults_over_max']],
  ['roles/owner.yaml', 'apps.deploy', 'apps.deplay', ['31:11 field_value']],
  [`${acme}/tenant.yaml`, 'tier: mid', 'tier: mit', ['9:9 tier_unknown']],
  [`${acme}/tenant.yaml`, 'default: local', 'default: locas', ['12:14 cell_unknown']],
  [`${acme}/tenant.yaml`, 'lifecycle: active', 'lifecycle: activ', ['14:14 field_value']],
  [`${acme}/tenant.yaml`, 'name: acme', 'name: acne', ['5:9 name_mismatch']],
  [`${acme}/members/usr_acmedev000000001.yaml`, 'role: developer', 'role: developar', ['7:13 role_unknown']],
  [`${acme}/members/usr_acmedev000000001.yaml`, '[integration]', '[intergration]', ['9:15 team_unknown']],
  [`${acme}/members/usr_acmeview00000001.yaml`, '[prod]', '[prot]', ['8:22 environment_unknown']],
  [`${acme}/environments/prod/environment.yaml`, 'order: 10', 'order: 0', ['7:10 environment_order_taken']],
  [`${acme}/apps/orders/app.yaml`, 'team: integration', 'team: integratio', ['9:9 team_unknown']],
  [`${acme}/apps/orders/app.yaml`, 'port: 8080', 'port: 80800', ['12:13 field_range']],
  [`${acme}/apps/orders/app.yaml`, 'port: http\n      periodSeconds: 2', 'port: htttp\n      periodSeconds: 2', ['22:13 port_unknown']],
  [`${acme}/apps/orders/releases/v1.yaml`, 'size: 9437184', 'size: 9437185', ['25:12 release_forged']],
  [`${acme}/apps/orders/releases/v1.yaml`, 'tag: v1', 'tag: v2', ['7:8 release_tag_mismatch', '25:12 release_forged']],
  [`${acme}/apps/orders/releases/v1.yaml`, 'key: builder-1', 'key: builder-2', ['24:10 release_unsigned']],
  [`${acme}/environments/dev/apps/orders.yaml`, 'release: v2', 'release: v3', ['7:12 release_unknown']],
  [`${acme}/environments/dev/apps/orders.yaml`, 'replicas: 1', 'replicas: l', ['8:13 field_type']],
  [`${acme}/environments/dev/apps/orders.yaml`, '  replicas: 1', '\treplicas: 1', ['8:1 yaml_tab']],
  [`${acme}/environments/dev/apps/orders.yaml`, '- -Xss512k', '- Xss512k', ['13:7 jvm_option_refused']],
  [`${acme}/environments/dev/apps/orders.yaml`, 'secret: orders-db', 'secret: order-db', ['20:15 secret_unknown']],
  [`${acme}/environments/dev/apps/orders.yaml`, ': password', ': passwort', ['22:29 secret_key_unknown']],
  [`${acme}/environments/dev/secrets/orders-db.yaml`, 'namespace: t-acme--dev', 'namespace: t-acme--dew', ['5:14 secret_namespace']],
  [`${globex}/license.yaml`, 'agents: 5', 'agents: 6', ['22:7 license_terms_differ']],
  [`${globex}/license.yaml`, 'expires: "2036-01-01', 'expires: "2036-11-01', ['11:14 license_dates', '11:14 license_terms_differ']],
  [`${initech}/environments/prod/holds/claims.yaml`, 'by: usr_', 'by: ust_', ['8:7 field_format']],
  [`${initech}/environments/prod/ingresses/claims.yaml`, 'port: http', 'port: htp', ['10:9 port_unknown']],
  [`${initech}/environments/prod/environment.yaml`, '2027-01-04', '2026-01-04', ['16:14 freeze_dates']],
  [`${initech}/vaults/corporate.yaml`, 'https:', 'http:', ['8:12 field_format']],
  ['cells/eu1.yaml', 'className: ', 'className:', ['23:5 yaml_syntax']],
  [`${acme}/tenant.yaml`, 'uid: ', 'uid: "', ['7:25 yaml_syntax']],
  [`${acme}/environments/dev/apps/orders.yaml`, 'ORDERS_REGION', 'ORDERS-REGION', ['10:5 field_name']],
  [`${acme}/environments/dev/key.yaml`, 'BEGIN AGE', 'BEGIN AG3', ['11:15 environment_key_manifest']],
  [`${acme}/environments/dev/key.yaml`, '^(data|stringData)$', '^(data|stringDate)$', ['11:15 environment_key_manifest']],
  [`${acme}/environments/dev/key.yaml`, 'lastmodified: "2026', 'lastmodified: "202b', ['11:15 environment_key_manifest']],
  [`${acme}/environments/dev/secrets/orders-db.yaml`, 'mac: ENC', 'mac: EMC', ['31:8 field_format']],
  [`${acme}/environments/dev/secrets/orders-db.yaml`, 'END AGE', 'END AG3', ['12:12 field_format']],
  [`${initech}/sso/corporate.yaml`, 'login.initech.example', 'login.initech,example', ['7:11 field_format']],
  [`${initech}/roles/support.yaml`, '[dev, staging]', '[dev, stagin]', ['15:27 environment_unknown']],
];

describe('one wrong character in tenants-example', () => {
  let files: readonly RawFile[];
  beforeAll(async () => {
    files = await exampleFiles();
  });

  it('is missing: the example has no errors', () => {
    expect(validateState(files).filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  it('is found in the last digit of a signature too, where base64 has bits to spare', () => {
    const other = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
    for (const [path, pattern] of [[`${acme}/license.yaml`, /token: \S+/], [`${acme}/apps/orders/releases/v1.yaml`, /value: [^=]+/]] as const) {
      const [right = ''] = pattern.exec(textOf(files, path)) ?? [];
      expect(validateState(edited(files, path, right, other(right))).filter((problem) => problem.severity === 'error').map((problem) => `${problem.path} ${problem.code}`)).toEqual([`${path} field_format`]);
    }
  });

  it.each(cases)('%s: %j → %j', (path, right, wrong, expected) => {
    const errors = validateState(edited(files, path, right, wrong)).filter((problem) => problem.severity === 'error');
    expect(errors.map((problem) => `${problem.path === path ? '' : `${problem.path}:`}${problem.line}:${problem.column} ${problem.code}`)).toEqual(expected);
    for (const { message } of errors) expect(message).toMatch(/[.?]$/);
  });
});
