import { decide, isAuditor, isOperator, mayClone, type Subject } from '../../access/index.ts';
import type { TokenSubject } from '../../ledger/index.ts';
import type { Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { GitRepository, GitTarget } from './target.ts';

/** What there is and what may not be read look the same. */
export function notThere(repository: GitRepository): ApiError {
  const name = repository.kind === 'state' ? 'the state' : `${repository.kind} ${repository.name}`;
  return new ApiError('not_found', `There is no repository of ${name}, or you may not read it.`);
}

/**
 * Whether the reader may do it. Answers with who pushes, `undefined` for a clone or fetch. Throws `forbidden`, or `not_found`
 * for a publication that the reader may not even know of.
 */
export async function permitGit(stores: Stores, reader: TokenSubject, { repository, service }: GitTarget): Promise<Subject | undefined> {
  const everything = reader.kind !== 'cell' && [isOperator, isAuditor].some((is) => is(stores.engine.platform(), reader));
  if (repository.kind !== 'state') {
    if (!everything) await permitPublication(stores, reader, repository);
    if (service === 'push') throw readOnly(repository);
    return undefined;
  }
  if (!everything) throw new ApiError('forbidden', 'Only operators and auditors of the platform read the state repository. A tenant clones /git/tenants/<tenant>.git.');
  if (service === 'read') return undefined;
  if (!isOperator(stores.engine.platform(), reader)) throw new ApiError('forbidden', 'Auditors read the state repository; only operators push to it.');
  return reader;
}

async function permitPublication({ engine }: Stores, reader: TokenSubject, repository: GitRepository & { readonly name: string }): Promise<void> {
  const { kind, name } = repository;
  if (kind === 'cell' || reader.kind === 'cell') {
    if (kind === 'cell' && reader.kind === 'cell' && reader.name === name) return;
    throw notThere(repository);
  }
  const tenant = await engine.tenant(name);
  const platform = engine.platform();
  if (tenant === undefined || !decide(platform, tenant, { subject: reader, tenant: name, action: 'tenant.read' }).allowed) throw notThere(repository);
  const decision = mayClone(platform, tenant, reader);
  if (!decision.allowed) throw new ApiError('forbidden', `Cloning takes the right to read everything of ${name}, in every environment: ${decision.because}`);
}

function readOnly(repository: GitRepository): ApiError {
  if (repository.kind === 'cell') return new ApiError('forbidden', 'This repository is rendered from main and takes no pushes. Operators change /git/state.git.');
  return new ApiError('forbidden', 'This repository is a copy to read, and takes no pushes. Change things with `cameleer apply -f FILE`, or propose them in a change request; the copy follows.');
}
