import { expect, it } from 'vitest';
import { rawFile } from './testing/example-state.ts';
import { problemsOfOther } from './unknown-file.ts';

it.each([
  ['tenants/ac/acme/apps/A/app.yaml', '`A` is not a possible name'],
  [`tenants/ac/acme/apps/${'a'.repeat(41)}/app.yaml`, 'at most 40'],
  ['tenants/ac/acme/apps/a_b/releases/v1.yaml', '`a_b` is not a possible name'],
  ['tenants/ac/acme/apps/orders/releases/v01.yaml', '`v01` is not a possible name here: a release is `v<N>`'],
  ['tenants/ac/acme/environments/Dev/apps/orders.yaml', '`Dev` is not a possible name'],
  [`tenants/ac/acme/environments/${'d'.repeat(21)}/apps/orders.yaml`, '(environments 20)'],
  [`tenants/ac/acme/environments/${'d'.repeat(21)}/apps/orders.yaml`, `\`${'d'.repeat(21)}\` is not`],
  ['tenants/ac/acme/environments/dev/apps/Orders.yaml', '`Orders` is not a possible name'],
  ['tenants/ac/acme/members/bob.yaml', '`bob` is not a possible name here: a member is named by a person\'s id'],
  ['tenants/ac/acme/setings.yaml', 'Did you mean `tenants/ac/acme/settings.yaml`?'],
  ['tenants/ac/acme/environment/dev/apps/orders.yaml', 'Did you mean `tenants/ac/acme/environments/dev/apps/orders.yaml`?'],
  ['tenants/ac/acme/notes.txt', 'No object has this path. Remove it'],
  ['tenants/ac/acme/apps/orders/.app.yaml.swp', 'No object has this path. Remove it'],
])('%s: %s', (path, words) => {
  expect(problemsOfOther(rawFile(path, 'x')).map(({ code, message }) => [code, message])).toEqual([['file_unknown', expect.stringContaining(words)]]);
});
