import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { readFolder, releasePayload, tenantDirectory } from '../schemas/index.ts';
import type { License, Release } from '../schemas/index.ts';

/** A state of many tenants, each a copy of the example's `acme` with 20 objects, signed with keys made from fixed seeds. */
export interface GeneratedState {
  /** Path → text, of the platform. */
  readonly platform: ReadonlyMap<string, string>;
  readonly tenantIds: readonly string[];
  /** Path → text, of one tenant. */
  tenant(id: string): ReadonlyMap<string, string>;
}

const example = join(import.meta.dirname, '..', 'tenants-example');
const leftOut = /\/members\/usr_acme|\/teams\/.*\.md$|README\.md$/;

function keyFromByte(byte: number): KeyObject {
  return createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]), format: 'der', type: 'pkcs8' });
}

function publicText(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
}

/** Spread over the two-letter folders as names of companies are not, but evenly. */
function tenantId(index: number): string {
  const letters = [Math.floor(index / 26) % 26, index % 26].map((code) => String.fromCodePoint(97 + code)).join('');
  return `${letters}${index}`;
}

function signRelease(text: string, tenant: string, application: string, builder: KeyObject): string {
  const release = parse(text) as Release;
  release.spec.image.repository = `${tenant}/${application}`;
  release.spec.signature = { key: 'builder-1', value: sign(null, releasePayload(tenant, application, release), builder).toString('base64') };
  return stringify(release, { lineWidth: 0 });
}

function signLicense(text: string, tenant: string, vendor: KeyObject): string {
  const license = parse(text) as License;
  const [header = '', payload = ''] = license.spec.token.split('.');
  const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object), sub: tenant };
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  license.metadata.name = tenant;
  license.spec.token = `${signed}.${sign(null, Buffer.from(signed), vendor).toString('base64url')}`;
  return stringify(license, { lineWidth: 0 });
}

export async function generateState(tenants: number): Promise<GeneratedState> {
  const builder = keyFromByte(1);
  const vendor = keyFromByte(2);
  const files = (await readFolder(example)).filter((file) => !leftOut.test(file.path)).map((file) => [file.path, Buffer.from(file.bytes ?? []).toString('utf8')] as const);
  const platform = new Map(files.filter(([path]) => !path.startsWith('tenants/')));
  const trust = parse(platform.get('platform.yaml') ?? '') as { spec: { trust: { builder: unknown; license: unknown } } };
  trust.spec.trust.builder = [{ id: 'builder-1', publicKey: publicText(builder) }];
  trust.spec.trust.license = [{ id: 'vendor-1', publicKey: publicText(vendor) }];
  platform.set('platform.yaml', stringify(trust, { lineWidth: 0 }));
  const template = files.filter(([path]) => path.startsWith('tenants/ac/acme/'));
  const tenant = (id: string) => {
    const entries = template.map(([path, text]) => {
      const named = text.replaceAll(/\bacme\b/g, id).replace('acm3k7q2x9d4w5b1', `${id.slice(0, 2)}${id.slice(2).padStart(14, '0')}`);
      const target = path.replace('tenants/ac/acme', tenantDirectory(id));
      const application = /\/apps\/([^/]+)\/releases\//.exec(path)?.[1];
      if (application !== undefined) return [target, signRelease(named, id, application, builder)] as const;
      return [target, path.endsWith('/license.yaml') ? signLicense(text, id, vendor) : named] as const;
    });
    return new Map(entries);
  };
  return { platform, tenantIds: Array.from({ length: tenants }, (_, index) => tenantId(index)).sort(), tenant };
}
