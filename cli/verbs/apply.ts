import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, basename, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { refOfPath } from '../../schemas/index.ts';
import { ApiError } from '../client/api-error.ts';
import type { WriteAnswer } from '../client/answers.ts';
import type { Client } from '../client/http.ts';
import { objectPath } from '../client/object-path.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { showWrite } from './write.ts';

const execute = promisify(execFile);

/**
 * Writes whole files of a state, as they are, one change each. In a clone, the version that stands in its last commit is the
 * one that was read: if the object has changed since, it is refused with the difference by field. Ends at the first refusal.
 */
export async function apply(session: Session, options: { readonly filename: readonly string[]; readonly dryRun?: boolean }): Promise<ExitCode | void> {
  if (options.filename.length === 0) throw new CliError('usage', 'No file is named.', { next: 'name one or more with --filename' });
  const files = await Promise.all(options.filename.map((name) => fileOf(session, name)));
  const client = await session.client();
  for (const file of files) {
    const { body } = await client.request<WriteAnswer>('PUT', file.path, {
      stream: { content: Readable.from([file.content]), size: file.content.length, mediaType: 'application/yaml' },
      headers: await precondition(client, file),
      query: { dryRun: options.dryRun },
    });
    showWrite(session, `Applied ${file.name}`, body, options.dryRun === true);
  }
  return exitCodes.ok;
}

interface StateFile {
  readonly name: string;
  readonly absolute: string;
  /** In the API. */
  readonly path: string;
  readonly content: Buffer;
}

async function fileOf({ io }: Session, name: string): Promise<StateFile> {
  const absolute = resolve(io.cwd, name);
  const parts = absolute.split(sep);
  // The longest end of the path that is one of a state: a clone may stand anywhere.
  const ref = parts.map((_, at) => refOfPath(parts.slice(at).join('/'))).find((found) => found !== undefined);
  const path = ref && objectPath(ref);
  if (path === undefined) throw new CliError('not_a_state_repository', `${name} is no file of a state that can be applied.`, { next: 'name a file at its path, such as tenants/ac/acme/settings.yaml; releases come from `cameleer deploy --jar`' });
  const content = await readFile(absolute).catch((error: unknown) => {
    throw new CliError('file_not_readable', `${name} could not be read.`, { next: 'check the name and the permissions of the file', cause: error });
  });
  return { name, absolute, path, content };
}

/** What was read: the blob in the clone's last commit; outside a clone, what is there now. */
async function precondition(client: Client, { absolute, path }: StateFile): Promise<Readonly<Record<string, string>>> {
  const read = await blobInClone(absolute);
  if (read === 'new') return { 'If-None-Match': '*' };
  if (read !== undefined) return { 'If-Match': `"${read}"` };
  try {
    const { etag } = await client.request('GET', path);
    return etag === undefined ? {} : { 'If-Match': etag };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { 'If-None-Match': '*' };
    throw error;
  }
}

/** `new`: the clone's last commit has no such file. `undefined`: the file is in no clone. */
async function blobInClone(absolute: string): Promise<string | undefined> {
  const git = (...args: readonly string[]) => execute('git', ['-C', dirname(absolute), ...args]).then(({ stdout }) => stdout.trim(), () => undefined);
  if ((await git('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) return undefined;
  return (await git('rev-parse', '--verify', '--quiet', `HEAD:./${basename(absolute)}`)) ?? 'new';
}
