import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostedRepository } from './hosted-repository.ts';
import { RemoteError } from './remote/remote-error.ts';
import type { RemoteOptions } from './remote/remote-options.ts';
import { Remote } from './remote/remote.ts';
import { createRepository, openRepository } from './repository.ts';

export interface OpenHostedOptions {
  /** Of the mirror; made when missing. */
  readonly directory: string;
  readonly remote: RemoteOptions;
  readonly now: () => Date;
  readonly random: () => number;
  /** Told about failures that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

const defaultDeadline = 30_000;
const passing: ReadonlySet<string> = new Set(['remote_unavailable', 'ref_locked']);

/**
 * Opens a repository at a Git host, with a mirror on this machine that is cloned or brought up to date. A host that can't be
 * reached, or a lock in the mirror, does not keep a mirror from being opened: it is read from, and written again when the host is back. Throws
 * `remote_invalid`, and what the remote says when there is no mirror yet or a person has to mend something.
 */
export async function openHosted({ directory, remote: options, now, random, onError }: OpenHostedOptions): Promise<HostedRepository> {
  if (!existsSync(join(directory, 'objects'))) await createRepository(directory);
  const mirror = await openRepository(directory, now());
  try {
    const remote = await Remote.open(mirror.directory, options, now);
    const known = await mirror.references('refs/heads/');
    const repository = new HostedRepository(mirror, remote, { deadlineMilliseconds: options.deadlineMilliseconds ?? defaultDeadline, now, random, onError, known });
    await repository.refresh(performance.now()).catch((error: unknown) => {
      if (!(error instanceof RemoteError) || !passing.has(error.code) || !known.has('refs/heads/main')) throw error;
      onError(error);
    });
    return repository;
  } catch (error) {
    await mirror.close();
    throw error;
  }
}
