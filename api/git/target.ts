import { ApiError } from '../errors.ts';

/** A repository that is served: the state, a cell's publication, or a tenant's. */
export type GitRepository = { readonly kind: 'state' } | { readonly kind: 'cell'; readonly name: string } | { readonly kind: 'tenant'; readonly name: string };

export interface GitTarget {
  readonly repository: GitRepository;
  readonly service: 'read' | 'push';
  /** What the client asks first, or the request that follows. */
  readonly step: 'advertise' | 'answer';
}

const paths = /^\/(?:(state)|cells\/([a-z][a-z0-9-]*)|tenants\/([a-z][a-z0-9-]*))\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/;
const services: Readonly<Record<string, GitTarget['service']>> = { 'git-upload-pack': 'read', 'git-receive-pack': 'push' };

/** What a request below `/git` is for. Throws `not_found`, `method_not_allowed` or `invalid_request`. */
export function targetOf(method: string, path: string, query: URLSearchParams): GitTarget {
  const match = paths.exec(path);
  if (match === null) throw new ApiError('not_found', 'There is no such repository. There are /git/state.git, /git/cells/<cell>.git and /git/tenants/<tenant>.git, for Git over HTTP.');
  const [, state, cell, tenant, action = ''] = match;
  const repository: GitRepository = state !== undefined ? { kind: 'state' } : cell !== undefined ? { kind: 'cell', name: cell } : { kind: 'tenant', name: tenant ?? '' };
  const first = action === 'info/refs';
  const expected = first ? 'GET' : 'POST';
  if (method !== expected) throw new ApiError('method_not_allowed', `${method} is not offered here; ${expected} is.`, { headers: { Allow: expected } });
  const service = services[first ? (query.get('service') ?? '') : action];
  if (service === undefined) throw new ApiError('invalid_request', 'Only Git 1.6.6 and later are served: clone with git itself.');
  return { repository, service, step: first ? 'advertise' : 'answer' };
}
