import { expect, it } from 'vitest';
import type { Plan } from '../../engine/types.ts';
import { onlyTenant } from './only-tenant.ts';

it('shows a tenant nothing of another, not even one whose name begins alike', () => {
  const change = (path: string) => ({ ref: undefined, path, change: 'modified' as const, fields: [] });
  const names = ['t-acme--dev', 't-acme-prod--dev', 't-globex'];
  const plan: Plan = {
    base: 'a', head: 'b', hash: 'h', problems: [],
    objects: [change('tenants/ac/acme/settings.yaml'), change('tenants/ac/acme-prod/settings.yaml'), change('platform.yaml')],
    rendered: ['tenants/ac/acme/dev/a.yaml', 'tenants/gl/globex/dev/a.yaml', 'flux/tenants/ac/acme.yaml', 'flux/tenants/ac/acme-prod.yaml'].map((path) => ({ cell: 'local', path, change: 'added', objects: [] })),
    risks: [{ code: 'x', message: 'tenants/ac/acme/settings.yaml: y' }, { code: 'x', message: 'tenants/gl/globex/settings.yaml: y' }],
    blastRadius: { tenants: ['acme', 'acme-prod', 'globex'], namespaces: names, restarted: ['t-acme--dev/orders', 't-globex--dev/orders'], scaled: [], created: [], deleted: [] },
  };
  const seen = onlyTenant(plan, 'acme');
  expect(seen.objects.map((each) => each.path)).toEqual(['tenants/ac/acme/settings.yaml']);
  expect(seen.rendered.map((each) => each.path)).toEqual(['tenants/ac/acme/dev/a.yaml', 'flux/tenants/ac/acme.yaml']);
  expect(seen.blastRadius).toEqual({ tenants: ['acme'], namespaces: ['t-acme--dev'], restarted: ['t-acme--dev/orders'], scaled: [], created: [], deleted: [] });
  expect(JSON.stringify(seen)).not.toMatch(/globex|acme-prod/);
});
