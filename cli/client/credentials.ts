import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { isLoopback } from './http.ts';

const defaultUrl = 'http://127.0.0.1:8700';

/** The file that `cameleer login` writes, mode 0600: one token per control plane. */
export interface Configuration {
  /** The address that commands use when none is named. */
  readonly current?: string;
  readonly servers: Readonly<Record<string, { readonly token: string }>>;
}

export interface Credentials {
  readonly url: string;
  readonly token?: string | undefined;
  /** Where the token came from, for messages. */
  readonly source: 'environment' | 'configuration' | 'data directory' | 'none';
}

/** `CAMELEER_CONFIG`, else `cameleer/config.json` below `XDG_CONFIG_HOME` or `~/.config`. */
export function configurationPath(env: Io['env']): string {
  return env['CAMELEER_CONFIG'] ?? join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'cameleer', 'config.json');
}

export async function readConfiguration(env: Io['env']): Promise<Configuration> {
  const path = configurationPath(env);
  const text = await readIfThere(path);
  if (text === undefined) return { servers: {} };
  await refuseReadable(path);
  try {
    const { current, servers } = JSON.parse(text) as Partial<Configuration>;
    return { ...(current === undefined ? {} : { current }), servers: servers ?? {} };
  } catch (error) {
    throw new CliError('file_not_readable', `${path} is not JSON.`, { next: 'delete it and run `cameleer login` again', cause: error });
  }
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export async function writeConfiguration(env: Io['env'], configuration: Configuration): Promise<string> {
  const path = configurationPath(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}.new`;
  await writeFile(next, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await chmod(next, 0o600);
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  return path;
}

/**
 * Address and token, in this order: the option `--url`; `CAMELEER_URL` and `CAMELEER_TOKEN`; what `cameleer login` saved;
 * for a control plane on this machine the files `control-plane.json` and `keys/cli-token` of its data directory, which it
 * writes for the same user. A token goes only over https or to this machine; the one of the data directory only to the port
 * where its own control plane answers, as another user of this machine may listen on any other.
 */
export async function findCredentials(env: Io['env'], dataDirectory: string, option: string | undefined): Promise<Credentials> {
  const configuration = await readConfiguration(env);
  const url = await findAddress(env, dataDirectory, option);
  if (env['CAMELEER_TOKEN'] !== undefined) return { url, token: env['CAMELEER_TOKEN'].trim(), source: 'environment' };
  const saved = configuration.servers[url];
  if (saved !== undefined) return { url, token: saved.token, source: 'configuration' };
  const here = new URL((await runningHere(dataDirectory)) ?? defaultUrl);
  const ours = isLoopback(new URL(url).hostname) && new URL(url).port === here.port;
  const token = ours ? await readIfThere(join(dataDirectory, 'keys', 'cli-token')) : undefined;
  if (token === undefined) return { url, source: 'none' };
  await refuseReadable(join(dataDirectory, 'keys', 'cli-token'));
  return { url, token: token.trim(), source: 'data directory' };
}

/** The address alone, in the same order. */
export async function findAddress(env: Io['env'], dataDirectory: string, option: string | undefined): Promise<string> {
  const { current } = await readConfiguration(env);
  return normaliseUrl(option ?? env['CAMELEER_URL'] ?? current ?? (await runningHere(dataDirectory)) ?? defaultUrl);
}

/** The address that the running control plane of a data directory left there. */
async function runningHere(dataDirectory: string): Promise<string | undefined> {
  try {
    return (JSON.parse((await readIfThere(join(dataDirectory, 'control-plane.json'))) ?? '{}') as { url?: string }).url;
  } catch {
    return undefined;
  }
}

/** The origin of an http(s) URL; refuses what would carry the token in clear over a network. */
export function normaliseUrl(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError('usage', `'${text}' is not an http or https address.`, { next: `write it like ${defaultUrl}` });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new CliError('insecure_address', `${url.origin} would carry the token over the network in clear.`, { next: 'use the https address of the control plane' });
  }
  return url.origin;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function refuseReadable(path: string): Promise<void> {
  const { mode, uid } = await stat(path);
  const foreign = process.getuid !== undefined && uid !== process.getuid();
  if ((mode & 0o077) === 0 && !foreign) return;
  throw new CliError('credential_file_unsafe', `${path} holds a token, but ${foreign ? 'belongs to another user' : 'other users may read it'}.`, {
    next: `run \`chmod 600 ${path}\`, and rotate the token if somebody else could have read it`,
  });
}
