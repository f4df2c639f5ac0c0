import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, basename, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { pathOfRef, refOfPath, unknownFile, type ObjectRef } from '../../schemas/index.ts';
import { ApiError } from '../client/api-error.ts';
import type { ObjectAnswer, RequestedAnswer, WriteAnswer } from '../client/answers.ts';
import type { Client } from '../client/http.ts';
import { objectPath } from '../client/object-path.ts';
import { tenantPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { queryOf, showWrite, type QueryOptions } from './write.ts';

const execute = promisify(execFile);

export interface ApplyOptions extends QueryOptions {
  readonly filename: readonly string[];
  readonly title?: string;
}

/**
 * Writes whole files of a state, as they are, one change each; with `--request`, one change request of all. In a clone, the
 * version that was fetched is the one that was read, also after commits of one's own: if the object has changed since, it is
 * refused with the difference by field. Ends at the first refusal.
 */
export async function apply(session: Session, options: ApplyOptions): Promise<ExitCode> {
  if (options.request === true) return applyAsRequest(session, options);
  if (options.title !== undefined) throw new CliError('usage', '--title is of a change request.', { next: 'add --request' });
  const files = await readFiles(session, options.filename);
  const client = await session.client();
  let exit: ExitCode = exitCodes.ok;
  for (const file of files) {
    const { body } = await client.request<WriteAnswer | RequestedAnswer>('PUT', file.path, {
      stream: { content: Readable.from([file.content]), size: file.content.length, mediaType: 'application/yaml' },
      headers: headersOf(await etagOf(client, file)),
      query: queryOf(options),
    });
    const shown = showWrite(session, `Applied ${file.name}`, body, options.dryRun === true);
    if (shown !== exitCodes.ok) exit = shown;
  }
  return exit;
}

async function applyAsRequest(session: Session, options: ApplyOptions): Promise<ExitCode> {
  const { tenant, files } = await filesOf(session, options.filename);
  const client = await session.client();
  const title = options.title ?? `Change ${files.length === 1 ? (files[0]?.path ?? '').slice(-60) : `${files.length} files of ${tenant}`}`;
  const { body } = await client.request<WriteAnswer | RequestedAnswer>('POST', `${tenantPath(tenant)}/changes`, { body: { title, files }, query: queryOf(options) });
  return showWrite(session, title, body, options.dryRun === true);
}

/** Files of one tenant as the API takes several at once. */
export async function filesOf(session: Session, names: readonly string[]): Promise<{ readonly tenant: string; readonly files: readonly { readonly path: string; readonly text: string; readonly etag: string | null }[] }> {
  const read = await readFiles(session, names);
  const client = await session.client();
  const [tenant, ...others] = new Set(read.map(({ ref }) => ref.tenant));
  if (tenant === undefined || others.length > 0) throw new CliError('usage', 'A change request takes files of one tenant.', { next: 'push what concerns several, or the platform, with `git push origin HEAD:refs/for/main`' });
  return { tenant, files: await Promise.all(read.map(async (file) => ({ path: pathOfRef(file.ref), text: file.content.toString('utf8'), etag: await etagOf(client, file) }))) };
}

async function readFiles(session: Session, names: readonly string[]): Promise<readonly StateFile[]> {
  if (names.length === 0) throw new CliError('usage', 'No file is named.', { next: 'name one or more with --filename' });
  return Promise.all(names.map((name) => fileOf(session, name)));
}

interface StateFile {
  readonly name: string;
  readonly absolute: string;
  readonly ref: ObjectRef;
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
  if (ref === undefined || path === undefined) throw new CliError('not_a_state_repository', `${name} is no file of a state that can be applied.${reasonOf(parts)}`, { next: 'name a file at its path, such as tenants/ac/acme/settings.yaml; releases come from `cameleer deploy --jar`' });
  const content = await readFile(absolute).catch((error: unknown) => {
    throw new CliError('file_not_readable', `${name} could not be read.`, { next: 'check the name and the permissions of the file', cause: error });
  });
  return { name, absolute, ref, path, content };
}

/** Why it names no object, where it is below `tenants/`. */
function reasonOf(parts: readonly string[]): string {
  const inside = parts.slice(Math.max(parts.lastIndexOf('tenants'), 0));
  return inside[0] === 'tenants' && inside.length > 3 && refOfPath(inside.join('/')) === undefined ? ` ${unknownFile(inside.join('/')).message}` : '';
}

function headersOf(etag: string | null): Readonly<Record<string, string>> {
  return etag === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${etag}"` };
}

/** What was read: the blob in the clone, as it was fetched; outside a clone, what is there now. `null`: there was nothing. */
async function etagOf(client: Client, file: StateFile): Promise<string | null> {
  const read = await blobInClone(file);
  if (read === 'new') return null;
  if (read !== undefined) return read;
  try {
    return (await client.request<ObjectAnswer>('GET', file.path)).body.etag;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** `new`: the clone was fetched without such a file. `undefined`: the file is in no clone of a state, though perhaps in some other work tree. */
async function blobInClone({ absolute, ref }: StateFile): Promise<string | undefined> {
  const git = (folder: string, ...command: string[]) => execute('git', ['-C', folder, ...command]).then(({ stdout }) => stdout.trim(), () => undefined);
  // What was committed here since nobody else has read.
  const fetched = (await git(dirname(absolute), 'merge-base', 'HEAD', '@{upstream}')) ?? 'HEAD';
  const read = (folder: string, path: string) => git(folder, 'rev-parse', '--verify', '--quiet', `${fetched}:./${path}`);
  const blob = await read(dirname(absolute), basename(absolute));
  if (blob !== undefined) return blob;
  const root = absolute.slice(0, -pathOfRef(ref).length);
  const state = await Promise.all(['platform.yaml', 'tenants'].map((path) => read(root, path)));
  return state.every((each) => each === undefined) ? undefined : 'new';
}
