import { camelMainEntries } from '../../images/testing/make-jar.ts';
import { makeZip } from '../../images/testing/make-zip.ts';
import type { Reply, Served } from './serve.ts';

export const jarType = { 'Content-Type': 'application/java-archive' };

/** A small JAR, other bytes for each version of Camel. */
export function jar(version: string): Uint8Array {
  return makeZip(camelMainEntries(version));
}

/** Uploads a JAR as a release of an application, `acme/orders`. */
export function upload(served: Served, application: string, version: string): Promise<Reply> {
  const [tenant, name] = application.split('/');
  return served.ask('POST', `/api/v1/tenants/${tenant}/apps/${name}/releases`, { body: jar(version), headers: jarType });
}
