import { pathOfRef, tenantDirectory, tenantOfPath } from '../../schemas/index.ts';
import type { LoggedChange } from '../git/index.ts';
import { parseTrailers } from '../git/index.ts';
import type { HistoryFilter } from './types.ts';

const noReply = '@users.noreply.cameleer.io';

/** Longer than any that the platform writes. */
const longestClaim = 200;

/** What a commit can be found by. Facts of its files and its author; of its trailers only the action and the request, which say what it claims. */
export function keysOf(change: LoggedChange): Set<string> {
  const keys = new Set<string>();
  for (const path of change.paths) for (const key of keysOfPath(path)) keys.add(key);
  keys.add(`actor ${change.authorName}`);
  if (change.authorEmail.endsWith(noReply)) keys.add(`actor ${change.authorEmail.slice(0, -noReply.length)}`);
  const trailers = parseTrailers(change.message);
  const [action, request] = [trailers.get('Cameleer-Action')?.[0], trailers.get('Request-Id')?.[0]];
  if (action !== undefined && action.length <= longestClaim) keys.add(`action ${action}`);
  if (request !== undefined && request.length <= longestClaim) keys.add(keyOfRequest(request));
  return keys;
}

export function keyOfRequest(id: string): string {
  return `request ${id}`;
}

function keysOfPath(path: string): string[] {
  const tenant = tenantOfPath(path);
  if (tenant === undefined) return [`path ${path}`];
  const inside = path.slice(tenantDirectory(tenant).length + 1);
  const keys = [`path ${path}`, `tenant ${tenant}`];
  const own = /^apps\/([^/]+)\//.exec(inside)?.[1];
  if (own !== undefined) keys.push(`application ${tenant}/${own}`);
  const [, environment, application] = /^environments\/([^/]+)\/(?:(?:apps|holds)\/([^/]+)\.yaml$)?/.exec(inside) ?? [];
  if (environment !== undefined) keys.push(`environment ${tenant}/${environment}`);
  if (application !== undefined) keys.push(`application ${tenant}/${application}`, `deployment ${tenant}/${environment ?? ''}/${application}`);
  return keys;
}

/** The keys that a commit must all have to fit; none: every commit fits. */
export function keysOfFilter({ ref, tenant, environment, application, actor, action }: HistoryFilter): string[] {
  const keys: string[] = [];
  if (ref !== undefined) keys.push(`path ${pathOfRef(ref)}`);
  else if (tenant !== undefined) keys.push(keyOfPlace(tenant, environment, application));
  if (actor !== undefined) keys.push(`actor ${actor}`);
  if (action !== undefined) keys.push(`action ${action}`);
  return keys;
}

function keyOfPlace(tenant: string, environment: string | undefined, application: string | undefined): string {
  if (environment === undefined) return application === undefined ? `tenant ${tenant}` : `application ${tenant}/${application}`;
  return application === undefined ? `environment ${tenant}/${environment}` : `deployment ${tenant}/${environment}/${application}`;
}
