import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOfRef, placeTemplates, refOfPath, tenantOfPath } from './places.ts';
import type { KindName, ObjectRef } from './state.ts';

const slug = (longest: number) => fc.stringMatching(/^[a-z](?:-?[a-z0-9])*$/, { maxLength: longest }).filter((text) => text.length <= longest);
const tenant = slug(20).filter((text) => text.length >= 2);
const environment = slug(20);
const name = slug(40);
const release = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 99 })).map(([n, k]) => (k === 0 ? `v${n}` : `v${n}-r${k}`));
const user = fc.stringMatching(/^usr_[a-z0-9]{16}$/);

const ref: fc.Arbitrary<ObjectRef> = fc.oneof(
  fc.constant({ kind: 'Platform', name: 'platform' } as const),
  fc.record({ kind: fc.constantFrom<KindName>('Cell', 'Tier', 'Role'), name }),
  tenant.chain((t) => fc.constantFrom<KindName>('Tenant', 'License', 'Settings').map((kind) => ({ kind, tenant: t, name: t }))),
  fc.record({ kind: fc.constantFrom<KindName>('Team', 'Role', 'ServiceAccount', 'VaultConnection', 'SsoConnection', 'Application'), tenant, name }),
  fc.record({ kind: fc.constant<KindName>('Member'), tenant, name: user }),
  fc.record({ kind: fc.constant<KindName>('Release'), tenant, application: name, name: release }),
  fc.tuple(tenant, environment, fc.constantFrom<KindName>('Environment', 'EnvironmentKey')).map(([t, e, kind]) => ({ kind, tenant: t, environment: e, name: e })),
  fc.record({ kind: fc.constantFrom<KindName>('AppDeployment', 'Hold', 'Ingress', 'Secret'), tenant, environment, name }),
);

describe('places', () => {
  it('lead from a ref to its path and back', () => {
    fc.assert(fc.property(ref, (each) => {
      expect(refOfPath(pathOfRef(each))).toEqual(each);
      expect(tenantOfPath(pathOfRef(each))).toBe(each.tenant);
    }));
  });

  it('lead from a path to its ref and back, and answer undefined for every other text', () => {
    const segment = fc.oneof(slug(45), fc.constantFrom('tenants', 'apps', 'releases', 'environments', 'secrets', 'tenant.yaml', 'app.yaml', 'key.yaml', 'v1.yaml', '..', '', 'ac', 'acme'), fc.string());
    const path = fc.oneof(fc.array(segment, { maxLength: 9 }).map((parts) => parts.join('/')), fc.constantFrom(...placeTemplates));
    fc.assert(fc.property(path, (each) => {
      const found = refOfPath(each);
      if (found !== undefined) expect(pathOfRef(found)).toBe(each);
    }));
  });

  it.each([
    'tenants/ac/globex/tenant.yaml', 'tenants/ac/ac--me/tenant.yaml', 'tenants/a-/a-/tenant.yaml', 'tenants/ac/acme/apps/orders/releases/v0.yaml',
    'tenants/ac/acme/apps/orders/releases/1.yaml', 'tenants/ac/acme/members/jane.yaml', 'tenants/ac/acme/environments/Dev/environment.yaml', 'cells/.yaml', 'tiers/../roles/owner.yaml',
  ])('give no object to %s', (path) => {
    expect(refOfPath(path)).toBeUndefined();
  });

  it('take the environment of an Environment from its name', () => {
    expect(pathOfRef({ kind: 'Environment', tenant: 'acme', name: 'dev' })).toBe('tenants/ac/acme/environments/dev/environment.yaml');
  });

  it('refuse a ref that can have no path', () => {
    expect(() => pathOfRef({ kind: 'Release', tenant: 'acme', name: 'v1' })).toThrow(TypeError);
    expect(() => pathOfRef({ kind: 'Team', name: 'x' })).toThrow(TypeError);
    expect(() => pathOfRef({ kind: 'Team', tenant: 'acme', name: '../x' })).toThrow(TypeError);
  });
});
