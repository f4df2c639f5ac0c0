import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lockDataDirectory, openLocalRunner } from '../cluster/index.ts';
import { initRepository, openEngine, type Engine } from '../engine/index.ts';
import { openLayoutRegistry } from '../images/index.ts';
import { openLedger, pruneRequests, type Ledger, type LedgerPlace } from '../ledger/index.ts';
import { keepAllowedSigners } from './allowed-signers.ts';
import { endsRecorded } from './audit.ts';
import { authorize } from './authorize.ts';
import { firstPerson, firstToken, newOperatorToken } from './bootstrap.ts';
import { followCells, localCells } from './cells.ts';
import type { Logger, Stores } from './context.ts';
import { defined } from './defined.ts';
import { WorkflowError } from './errors.ts';
import { holdReverts } from './holds/hold-reverts.ts';
import { logLostCommits } from './log-lost-commits.ts';
import { logUntrustedKey } from './log-untrusted-key.ts';
import { logQuarantines } from './log-quarantines.ts';
import type { GitHost } from './git-hosts/index.ts';
import { openKeys, type Keys } from './keys.ts';
import { reconcileRegularly } from './reconcile-audit.ts';
import { keepPullRequests } from './requests/keep-pull-requests.ts';
import { mergeWaiting } from './requests/merge-waiting.ts';
import { reconcileRequests } from './requests/reconcile-requests.ts';
import { runCells, type CellsInTurn } from './run-cells.ts';
import { readSeed, readSeedPlatform, seedState } from './seed/index.ts';
import { engineOptionsOf, hookSecretOf, repositoryOf, takeRepository, takeRunner, type StateLocation } from './state-repository.ts';

export interface ControlPlaneOptions {
  /** The data directory; made when missing. */
  readonly directory: string;
  /** Default: a repository in the data directory. */
  readonly state?: StateLocation;
  /** Folder of the private keys, which processes on one state share; default: in the data directory. */
  readonly keys?: string;
  /** A PostgreSQL server; default: the embedded one, in the data directory. */
  readonly database?: Extract<LedgerPlace, { readonly url: string }>;
  /** Java's executable, for the local runner. */
  readonly java?: string;
  /** Where change requests are kept as pull requests. */
  readonly gitHost?: GitHost;
  readonly mode: 'development' | 'production';
  /** Whether only this machine reaches the API; the local runner isolates nothing, so it needs that. */
  readonly loopback: boolean;
  /** What an empty installation is filled with. */
  readonly seed: { readonly example: string; readonly dummies: string };
  /** Takes the address, when the directory is ours: first of all on loopback, elsewhere once the start is known to be safe. What it throws stops the start. */
  readonly claim?: () => Promise<void>;
  /** Make a further sign-in token. */
  readonly newToken?: boolean;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

export interface ControlPlane {
  readonly stores: Stores;
  /** A sign-in token that was made now; it is not to be had again. */
  readonly token: string | undefined;
  /** Where the CLI of the same user finds its token. */
  readonly tokenFile: string;
  readonly localCells: readonly string[];
  /** Whether the local cells run here now, and not by another control plane on the same state. */
  readonly runsCells: () => boolean;
  /** Everything that is applied now; for tests and scripts. */
  settled(): Promise<void>;
  /** Finishes what was acknowledged and closes in the reverse order of the start. */
  close(options: { keepPods: boolean }): Promise<void>;
}

/** How long the answer of a POST is kept for whoever repeats it. */
const answersKeptMilliseconds = 24 * 60 * 60 * 1000;

type Closer = (options: { keepPods: boolean }) => Promise<void> | void;

/**
 * Opens every store and driver of a data directory, in this order: lock, keys, ledger, seed when empty, engine, audit,
 * registry, local runner, cells. What fails closes what was opened. Errors: `data_directory_in_use`,
 * `data_directory_unusable`, `replica_needs_postgres`, `hook_secret_unusable`, `seed_not_found`, `unsafe_bind`, `unsafe_development_key`, those of `claim` and the stores.
 */
export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const closers: Closer[] = [];
  const close = async (how: { keepPods: boolean }) => {
    for (const closer of closers.splice(0).reverse()) await closer(how);
  };
  try {
    return { ...(await open(options, (closer) => closers.push(closer))), close };
  } catch (error) {
    await close({ keepPods: true });
    throw error;
  }
}

async function open(options: ControlPlaneOptions, onClose: (closer: Closer) => void): Promise<Omit<ControlPlane, 'close'>> {
  const { directory, logger, now, random } = options;
  const at = (name: string) => join(directory, name);
  await refuseUnsafeSeed(options);
  const lock = lockDataDirectory(directory);
  onClose(() => lock.release());
  if (options.loopback) await options.claim?.();
  const { keys, keysFolder, ledger, engine, stateRepository, ...where } = await openState(options, onClose);
  refuseUnsafe(options, engine);
  if (!options.loopback) await options.claim?.();
  await reconcileRequests({ ledger, engine, logger, now });
  const reconciling = await reconcileRegularly({ ledger, engine, logger, now, shared: where.shared });
  onClose(() => reconciling.close());
  await logLostCommits({ ledger, engine, logger });
  logUntrustedKey({ engine, key: keys.state.public, logger });
  await pruneRequests(ledger, new Date(now().getTime() - answersKeptMilliseconds));
  const uploads = at('uploads');
  await emptyFolder(uploads);
  const registry = await openLayoutRegistry(at('registry'));
  const cells = await cellsInTurn(options, { keys, registry, engine, stateRepository });
  onClose((how) => cells?.close(how));
  onClose(logQuarantines({ engine, logger }));
  const stores: Stores = {
    engine, ledger, registry, keys, keysFolder, stateRepository, ...where, uploads, logger, now, random,
    driver: (cell) => cells?.now()?.driver(cell),
    applyFailure: (cell) => cells?.now()?.applyFailure(cell),
  };
  const holds = holdReverts(stores);
  onClose(() => holds.close());
  const merging = mergeWaiting(stores);
  onClose(() => merging.close());
  const pulls = pullRequestsAt(options.gitHost, stores, onClose);
  // The first answers about health come from what the cells say now, not from before the first look.
  await cells?.now()?.settled();
  const tokenFile = join(directory, 'keys', 'cli-token');
  const token = (await firstToken(stores, tokenFile)) ?? (options.newToken === true ? await newOperatorToken(stores, tokenFile) : undefined);
  return { stores, token, tokenFile, localCells: localCells(engine), runsCells: () => cells?.now() !== undefined, settled: async () => {
    await holds.settled();
    await merging.settled();
    await pulls();
    await cells?.now()?.settled();
    await endsRecorded(stores.ledger);
  } };
}

/** Answers with what waits for a round that begins now. */
function pullRequestsAt(host: GitHost | undefined, stores: Stores, onClose: (closer: Closer) => void): () => Promise<void> {
  if (host === undefined) return () => Promise.resolve();
  const pulls = keepPullRequests(stores, host);
  onClose(() => pulls.close());
  return () => pulls.settled();
}

type OpenState = Pick<Stores, 'keys' | 'keysFolder' | 'ledger' | 'engine' | 'stateRepository' | 'hookSecret'> & { readonly shared: boolean };

async function openState(options: ControlPlaneOptions, onClose: (closer: Closer) => void): Promise<OpenState> {
  const { directory, database, logger, now, state = {} } = options;
  const shared = database !== undefined;
  const stateRepository = repositoryOf(directory, state);
  if (state.repository !== undefined) {
    const taken = takeRepository(stateRepository, { shared });
    onClose(() => taken.release());
  }
  const hookSecret = await hookSecretOf(state);
  const keysFolder = options.keys ?? join(directory, 'keys');
  const keys = await openKeys(keysFolder);
  const trustedKeys = keepAllowedSigners(keysFolder, keys.state.public);
  const ledger = await openLedger(database ?? { directory: join(directory, 'ledger'), onFailure: (err) => logger.error({ err }, 'the embedded ledger has ended, or could not be started again; it is tried again') });
  onClose(async () => {
    await endsRecorded(ledger);
    await ledger.close();
  });
  if (state.remote === undefined) await seedWhenEmpty(options, { keys, ledger, stateRepository });
  const onError = (err: unknown) => logger.warn({ err }, 'the state repository needs a look');
  const engine = await openEngine({ directory: stateRepository, ...engineOptionsOf(state), signingKey: keys.state.private, trustedKeys, authorize, now, onError, publications: join(directory, 'publications') });
  onClose(() => engine.close());
  return { keys, keysFolder, ledger, engine, stateRepository, shared, ...defined({ hookSecret }) };
}

/** Beside a repository that others may use, so that whoever runs the cells next finds the pods that the last one left. */
function podsOf({ directory, state = {} }: ControlPlaneOptions, stateRepository: string): string {
  return join(state.repository === undefined ? directory : dirname(stateRepository), 'pods');
}

/** Of processes that share a repository, one runs its local cells; behind an open address none does. */
async function cellsInTurn(options: ControlPlaneOptions, { keys, registry, engine, stateRepository }: Pick<Stores, 'keys' | 'registry' | 'engine' | 'stateRepository'>): Promise<CellsInTurn | undefined> {
  const { loopback, state = {}, java, logger, now } = options;
  if (!loopback) return undefined;
  return runCells({
    take: () => (state.repository === undefined ? { release: () => {} } : takeRunner(stateRepository)),
    open: () => openLocalRunner({ directory: podsOf(options, stateRepository), registry, identities: async (cell) => [(await keys.cell(cell)).identity], now, logger, ...defined({ java }) }),
    follow: (runner) => followCells({ engine, runner, logger, now }),
    onTaken: () => logger.warn({}, 'the local cells run here now: the control plane that ran them has ended'),
    onError: (err) => logger.error({ err }, 'the local cells could not be taken over; trying again'),
  });
}

/** What an empty directory would be filled with is judged before anything is written. */
async function refuseUnsafeSeed(options: ControlPlaneOptions): Promise<void> {
  const { directory, seed, loopback, state = {} } = options;
  const stateRepository = repositoryOf(directory, state);
  if (state.remote !== undefined || existsSync(stateRepository)) return;
  refuseNoSeed(options, stateRepository);
  if (loopback) return;
  const platform = await readSeedPlatform(seed.example);
  refuseLocalCell(localCells({ platform: () => platform })[0]);
}

function refuseNoSeed({ seed, mode }: ControlPlaneOptions, stateRepository: string): void {
  if (mode === 'production') throw new WorkflowError('unsafe_development_key', `${stateRepository} is empty, and the example is never used in production. Put a state repository there, or set CAMELEER_MODE=development.`);
  if (!existsSync(seed.example)) throw new WorkflowError('seed_not_found', `The state repository is empty, and there is no ${seed.example} to fill it from. Set CAMELEER_SEED to a folder with a state, or leave it out for the example of this clone.`);
}

async function seedWhenEmpty({ seed, now, random }: ControlPlaneOptions, { keys, ledger, stateRepository }: { keys: Keys; ledger: Ledger; stateRepository: string }): Promise<void> {
  if (existsSync(stateRepository)) return;
  const person = await firstPerson(ledger, random);
  const files = await seedState({ ...(await readSeed(seed)), keys, person, now: now() });
  // Made aside and moved, so that a start that dies half way leaves nothing that looks like a repository.
  const draft = `${stateRepository}.${Buffer.from(random(6)).toString('hex')}.new`;
  try {
    await initRepository({
      directory: draft,
      files,
      change: { action: 'platform.seed', actor: person, door: 'platform', requestId: `req_${Buffer.from(random(12)).toString('hex')}`, subject: 'Seed the state with the example tenants' },
      signingKey: keys.state.private,
      now: now(),
    });
    renameSync(draft, stateRepository);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was faster, and its example is as good as ours.
    if (!existsSync(stateRepository)) throw error;
  }
}

/** Leaves the folder itself, which may be a file system of its own. */
async function emptyFolder(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

function refuseUnsafe({ mode, loopback }: ControlPlaneOptions, engine: Engine): void {
  const trust = engine.platform().platform?.object.spec.trust;
  const development = [...(trust?.license ?? []), ...(trust?.builder ?? [])].find((key) => key.development === true);
  if (mode === 'production' && development !== undefined) {
    throw new WorkflowError('unsafe_development_key', `platform.yaml trusts the development key ${development.id}. Remove it from the trust list before running with CAMELEER_MODE=production.`);
  }
  if (!loopback) refuseLocalCell(localCells(engine)[0]);
}

function refuseLocalCell(cell: string | undefined): void {
  if (cell !== undefined) {
    throw new WorkflowError('unsafe_bind', `Cell ${cell} runs applications as processes of this machine, isolated by nothing, so only this machine may reach the API. Set CAMELEER_HOST=127.0.0.1, or use cells with driver: flux.`);
  }
}
