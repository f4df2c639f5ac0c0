import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { LedgerError } from '../ledger/index.ts';
import { CodedError } from '../schemas/index.ts';
import { openGitHost } from '../workflows/git-hosts/index.ts';
import { defined, openControlPlane, type ControlPlane } from '../workflows/index.ts';
import { missingJava } from './missing-java.ts';
import { isLoopback, readConfig, type Config } from './config.ts';
import { createApiServer, type RunningServer } from './server.ts';

const graceMilliseconds = 5_000;
const impatienceMilliseconds = 1_000;

/** Starts the control plane and its API, and stops both on SIGINT or SIGTERM. */
export async function start(): Promise<void> {
  try {
    await run(readConfig(process.env, { terminal: process.stderr.isTTY }), process.argv.includes('--new-token'));
  } catch (error) {
    // The ledger imports nothing, so its errors are no CodedError.
    if (!(error instanceof CodedError || error instanceof LedgerError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  }
}

async function run(config: Config, newToken: boolean): Promise<void> {
  const logger = pino(
    { level: config.logLevel, base: null, redact: ['req.headers.authorization', 'headers.authorization', 'authorization', 'token'] },
    pino.destination({ dest: 2, sync: true }),
  );
  const server = createApiServer();
  try {
    let url = '';
    const plane = await openControlPlane({
      directory: config.data,
      ...(config.databaseUrl === undefined ? {} : { database: { url: config.databaseUrl, timeoutMilliseconds: config.databaseTimeoutSeconds * 1000 } }),
      ...(config.java === undefined ? {} : { java: config.java }),
      state: stateOf(config),
      ...(config.gitHost === undefined ? {} : { gitHost: openGitHost(config.gitHost) }),
      keys: config.keys,
      mode: config.mode,
      loopback: isLoopback(config.host),
      claim: async () => {
        ({ url } = await server.bind(config));
      },
      seed: { example: config.seed, dummies: join(import.meta.dirname, '..', 'fixtures', 'seed') },
      newToken,
      logger,
      now: () => new Date(),
      random: (bytes) => randomBytes(bytes),
    });
    server.serve({ stores: plane.stores, logger });
    announce(config, plane, { url, close: (grace) => server.close(grace) });
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

function stateOf({ data, stateRepository, stateRemote, stateHookSecretFile, stateQueue }: Config): NonNullable<Parameters<typeof openControlPlane>[0]['state']> {
  return {
    queue: stateQueue,
    ...defined({
      repository: stateRepository === join(data, 'state.git') ? undefined : stateRepository,
      remote: stateRemote && { ...stateRemote, deadlineMilliseconds: stateRemote.deadlineSeconds * 1000 },
      hookSecretFile: stateHookSecretFile,
    }),
  };
}

/** Says where the API answers, to people and to programs of this machine, and stops it all on a signal. */
function announce(config: Config, plane: ControlPlane, server: RunningServer): void {
  const addressFile = join(config.data, 'control-plane.json');
  writeFileSync(addressFile, `${JSON.stringify({ pid: process.pid, url: server.url })}\n`, { mode: 0o600 });
  console.log(greeting(config, plane, server.url));
  stopOnSignal(async (signal) => {
    console.log(plane.runsCells() ? `${signal}: stopping the API, then the pods of this machine.` : `${signal}: stopping the API.`);
    rmSync(addressFile, { force: true });
    await server.close(graceMilliseconds);
    await plane.close({ keepPods: false });
  });
}

/**
 * The first signal stops gracefully; a later one ends the process at once, leaving the pods for the next start. One Ctrl-C
 * under npm arrives twice, from the terminal and from npm.
 */
function stopOnSignal(stop: (signal: string) => Promise<void>): void {
  let since: number | undefined;
  const onSignal = (signal: string) => {
    if (since !== undefined) {
      if (performance.now() - since > impatienceMilliseconds) process.exit(1);
      return;
    }
    since = performance.now();
    stop(signal).then(() => process.exit(0)).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function greeting(config: Config, { token, tokenFile, localCells, runsCells }: ControlPlane, url: string): string {
  const signIn = token === undefined
    ? ['Sign-in token: made earlier and kept only as a hash; `npm start -- --new-token` makes another.']
    : [`Sign-in token (shown once): ${token}`, `The CLI of this user reads it from ${tokenFile}.`];
  return [
    '',
    `Cameleer answers at ${url}`,
    `Data directory: ${config.data}`,
    ...signIn,
    ...(localCells.length === 0 ? [] : [aboutCells(localCells, runsCells())]),
    ...(localCells.length === 0 || !runsCells() ? [] : missingJava(process.env, config.java)),
    '',
    'Next, in a second terminal:',
    '  npm run demo',
    '  npx cameleer status acme',
    '  npx cameleer --help',
    '',
  ].join('\n');
}

function aboutCells(cells: readonly string[], here: boolean): string {
  if (here) return `Cells on this machine: ${cells.join(', ')}. Ctrl-C stops their applications; after kill -9 the next start takes them over.`;
  return `Cells on this machine: ${cells.join(', ')}. Another control plane on this state runs them: ask that one for status, logs and proof. When it ends, this one takes them over.`;
}
