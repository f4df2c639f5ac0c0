import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { defined } from '../workflows/index.ts';
import type { GitHostOptions } from '../workflows/git-hosts/index.ts';
import { ApiError } from './errors.ts';
import { gitHostOf } from './git-host-config.ts';

/** Everything that the environment may say; read once, at the start. */
export interface Config {
  /** `CAMELEER_DATA`, default `./var`: repository, ledger, registry, keys, uploads and pods. */
  readonly data: string;
  /** `CAMELEER_HOST`, default `127.0.0.1`. */
  readonly host: string;
  /** `CAMELEER_PORT`, default 8700; 0 takes a free one. */
  readonly port: number;
  /** `CAMELEER_DATABASE_URL`, default none: an embedded PostgreSQL in the data directory. */
  readonly databaseUrl?: string;
  /** `CAMELEER_DATABASE_TIMEOUT`, default 10: for so many seconds the server of `databaseUrl` is waited for, to connect and for each statement. */
  readonly databaseTimeoutSeconds: number;
  /** `CAMELEER_STATE_REPOSITORY`, default `state.git` in the data directory: a bare repository that several processes may share. */
  readonly stateRepository: string;
  /** `CAMELEER_STATE_REMOTE`, default none: a Git host that holds the state; `stateRepository` is its mirror then. */
  readonly stateRemote?: StateRemote;
  /** `CAMELEER_STATE_HOOK_SECRET_FILE`, default none: with it a Git host may say by a signed webhook that somebody has pushed. */
  readonly stateHookSecretFile?: string;
  /** `CAMELEER_STATE_QUEUE`, default 1000: so many writes may wait; whoever comes then gets 503. */
  readonly stateQueue: number;
  /** `CAMELEER_GIT_HOST` and what belongs to it, see `gitHostOf`: change requests are pull requests there. */
  readonly gitHost?: GitHostOptions;
  /** `CAMELEER_KEYS`, default `keys` in the data directory: private keys; processes on one state share them. */
  readonly keys: string;
  /** `CAMELEER_JAVA`, default none: `JAVA_HOME`, then `java` on the PATH. */
  readonly java?: string;
  /** `CAMELEER_MODE`, default `development`; `production` refuses development keys and seeds nothing. */
  readonly mode: 'development' | 'production';
  /** `CAMELEER_SEED`, default `tenants-example` of this clone: copied into an empty state repository. */
  readonly seed: string;
  /** `CAMELEER_LOG_LEVEL`, default `info`, on a terminal `warn`: `debug`, `info`, `warn`, `error` or `silent`; structured, on stderr. */
  readonly logLevel: string;
}

export interface StateRemote {
  /** `https://…`, `ssh://…` or `user@host:path`, without a password. */
  readonly url: string;
  /** `CAMELEER_STATE_USER`, default `git`: the name that goes with the token. */
  readonly user?: string;
  /** `CAMELEER_STATE_TOKEN_FILE`; read again with each command, so that the token can be replaced. */
  readonly tokenFile?: string;
  /** `CAMELEER_STATE_TOKEN`, where a file is not to be had. */
  readonly token?: string;
  /** `CAMELEER_STATE_SSH_KEY`: file of a private key. */
  readonly sshKeyFile?: string;
  /** `CAMELEER_STATE_KNOWN_HOSTS`: file of the host's public keys. */
  readonly knownHostsFile?: string;
  /** `CAMELEER_STATE_CA`: file of the certificates that the host's is checked against, PEM. */
  readonly caFile?: string;
  /** `CAMELEER_STATE_POLL`, default 30: seconds between two looks at the host. */
  readonly pollSeconds: number;
  /** `CAMELEER_STATE_DEADLINE`, default 30: for so many seconds a push is tried. */
  readonly deadlineSeconds: number;
}

const root = join(import.meta.dirname, '..');
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** `terminal`: a person reads the log as it comes. Throws `bad_configuration` with the variable that is wrong. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>, { terminal }: { readonly terminal: boolean }): Config {
  const value = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  const data = resolve(value('CAMELEER_DATA') ?? 'var');
  return {
    data,
    ...stateOf(value, data),
    keys: resolve(value('CAMELEER_KEYS') ?? join(data, 'keys')),
    host: hostOf(value('CAMELEER_HOST') ?? '127.0.0.1'),
    port: portOf(value('CAMELEER_PORT') ?? '8700'),
    databaseTimeoutSeconds: countOf('CAMELEER_DATABASE_TIMEOUT', value('CAMELEER_DATABASE_TIMEOUT') ?? '10'),
    ...defined({ gitHost: gitHostOf(value), databaseUrl: value('CAMELEER_DATABASE_URL'), java: value('CAMELEER_JAVA') }),
    mode: oneOf('CAMELEER_MODE', value('CAMELEER_MODE') ?? 'development', ['development', 'production']),
    seed: resolve(value('CAMELEER_SEED') ?? join(root, 'tenants-example')),
    logLevel: oneOf('CAMELEER_LOG_LEVEL', value('CAMELEER_LOG_LEVEL') ?? (terminal ? 'warn' : 'info'), levels),
  };
}

type Value = (name: string) => string | undefined;

function stateOf(value: Value, data: string): Pick<Config, 'stateRepository' | 'stateRemote' | 'stateHookSecretFile' | 'stateQueue'> {
  const stateRemote = stateRemoteOf(value);
  return {
    stateRepository: stateRepositoryOf(value('CAMELEER_STATE_REPOSITORY'), stateRemote, data),
    ...defined({ stateRemote, stateHookSecretFile: fileOf(value('CAMELEER_STATE_HOOK_SECRET_FILE')) }),
    stateQueue: countOf('CAMELEER_STATE_QUEUE', value('CAMELEER_STATE_QUEUE') ?? '1000'),
  };
}

/** What the address must be like, and what it needs, is said by the engine, which is given it. */
function stateRemoteOf(value: Value): StateRemote | undefined {
  const url = value('CAMELEER_STATE_REMOTE');
  if (url === undefined) return undefined;
  return {
    url,
    ...defined({
      user: value('CAMELEER_STATE_USER'),
      token: value('CAMELEER_STATE_TOKEN'),
      tokenFile: fileOf(value('CAMELEER_STATE_TOKEN_FILE')),
      sshKeyFile: fileOf(value('CAMELEER_STATE_SSH_KEY')),
      knownHostsFile: fileOf(value('CAMELEER_STATE_KNOWN_HOSTS')),
      caFile: fileOf(value('CAMELEER_STATE_CA')),
    }),
    pollSeconds: countOf('CAMELEER_STATE_POLL', value('CAMELEER_STATE_POLL') ?? '30'),
    deadlineSeconds: countOf('CAMELEER_STATE_DEADLINE', value('CAMELEER_STATE_DEADLINE') ?? '30'),
  };
}

function fileOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

function stateRepositoryOf(path: string | undefined, remote: StateRemote | undefined, data: string): string {
  if (path !== undefined && remote !== undefined) throw new ApiError('bad_configuration', 'CAMELEER_STATE_REPOSITORY names a repository of this machine and CAMELEER_STATE_REMOTE one of a Git host. Set one of the two: the mirror of a Git host is in the data directory.');
  return path === undefined ? join(data, 'state.git') : resolve(path);
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!/^\d{1,6}$/.test(text) || count < 1) throw new ApiError('bad_configuration', `${name} is ${JSON.stringify(text)}; set it to a whole number from 1 to 999999.`);
  return count;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new ApiError('bad_configuration', `CAMELEER_PORT is ${JSON.stringify(text)}; set it to a number from 0 to 65535.`);
  return port;
}

function hostOf(text: string): string {
  if (text !== 'localhost' && isIP(text) === 0) throw new ApiError('bad_configuration', `CAMELEER_HOST is ${JSON.stringify(text)}; set it to an IP address or to localhost.`);
  return text;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new ApiError('bad_configuration', `${name} is ${JSON.stringify(text)}; set it to one of ${allowed.join(', ')}.`);
  return found;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
