import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { ApiError } from './errors.ts';

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
  /** `CAMELEER_JAVA`, default none: `JAVA_HOME`, then `java` on the PATH. */
  readonly java?: string;
  /** `CAMELEER_MODE`, default `development`; `production` refuses development keys and seeds nothing. */
  readonly mode: 'development' | 'production';
  /** `CAMELEER_SEED`, default `tenants-example` of this clone: copied into an empty state repository. */
  readonly seed: string;
  /** `CAMELEER_LOG_LEVEL`, default `info`, on a terminal `warn`: `debug`, `info`, `warn`, `error` or `silent`; structured, on stderr. */
  readonly logLevel: string;
}

const root = join(import.meta.dirname, '..');
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** `terminal`: a person reads the log as it comes. Throws `bad_configuration` with the variable that is wrong. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>, { terminal }: { readonly terminal: boolean }): Config {
  const value = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  const databaseUrl = value('CAMELEER_DATABASE_URL');
  const java = value('CAMELEER_JAVA');
  return {
    data: resolve(value('CAMELEER_DATA') ?? 'var'),
    host: hostOf(value('CAMELEER_HOST') ?? '127.0.0.1'),
    port: portOf(value('CAMELEER_PORT') ?? '8700'),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(java === undefined ? {} : { java }),
    mode: oneOf('CAMELEER_MODE', value('CAMELEER_MODE') ?? 'development', ['development', 'production']),
    seed: resolve(value('CAMELEER_SEED') ?? join(root, 'tenants-example')),
    logLevel: oneOf('CAMELEER_LOG_LEVEL', value('CAMELEER_LOG_LEVEL') ?? (terminal ? 'warn' : 'info'), levels),
  };
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
