import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateState } from '../../bench/state.ts';
import type { GeneratedState } from '../../bench/state.ts';
import { stockGit } from './stock-git.ts';
import { generateStateKey, initRepository, openEngine } from '../index.ts';
import type { Authorize, Change, Engine, Intent } from '../index.ts';
import type { ObjectRef } from '../../schemas/index.ts';

export const operator = 'usr_op3rat0r00000001';
export const key = generateStateKey(Buffer.alloc(32, 7));

/** A repository of generated tenants in a folder of its own, for tests. */
export interface Fixture {
  readonly folder: string;
  readonly directory: string;
  readonly state: GeneratedState;
  open(authorize?: Authorize): Promise<Engine>;
  /** Runs stock git on the repository. */
  git(args: readonly string[], input?: string, environment?: NodeJS.ProcessEnv): string;
  /** Commits files (`null`: deletes) on top of a commit with stock git, without moving any ref. */
  commit(files: Readonly<Record<string, string | null>>, parent?: string): string;
  /** Does that and moves `main`, as a push does. */
  push(files: Readonly<Record<string, string | null>>): string;
  read(path: string, revision?: string): string;
  remove(): Promise<void>;
}

export async function makeFixture(tenants = 3): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'cameleer-engine-'));
  const directory = join(folder, 'state.git');
  const state = await generateState(tenants);
  const files = new Map([...state.platform, ...state.tenantIds.flatMap((id) => [...state.tenant(id)])]);
  await initRepository({ directory, files, change: changeOf('platform.seed', 'seed', { door: 'platform' }), signingKey: key.private, now: new Date() });
  const git = (args: readonly string[], input?: string, environment?: NodeJS.ProcessEnv) => stockGit(directory, args, { input, environment });
  const commit = (changes: Readonly<Record<string, string | null>>, parent = git(['rev-parse', 'main'])) => {
    const index = { GIT_INDEX_FILE: join(folder, `index-${Math.random().toString(36).slice(2)}`) };
    git(['read-tree', parent], undefined, index);
    for (const [path, text] of Object.entries(changes)) {
      const entry = text === null ? `0 ${'0'.repeat(40)}\t${path}\n` : `100644 ${git(['hash-object', '-w', '--stdin'], text)}\t${path}\n`;
      git(['update-index', '--index-info'], entry, index);
    }
    return git(['commit-tree', git(['write-tree'], undefined, index), '-p', parent, '-m', 'Change by hand'], undefined);
  };
  return {
    folder,
    directory,
    state,
    open: (authorize = () => {}) => openEngine({ directory, signingKey: key.private, authorize, now: () => new Date(), pollMilliseconds: 200 }),
    git,
    commit,
    push(changes) {
      const id = commit(changes);
      git(['update-ref', 'refs/heads/main', id]);
      return id;
    },
    read: (path, revision = 'main') => `${git(['show', `${revision}:${path}`])}\n`,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export function changeOf(action: string, requestId: string, more: Partial<Change> = {}): Change {
  return { action, actor: operator, door: 'api', requestId, subject: `Do ${action}`, ...more };
}

export function deployment(tenant: string, environment = 'dev', name = 'orders'): ObjectRef<'AppDeployment'> {
  return { kind: 'AppDeployment', tenant, environment, name };
}

let requests = 0;

/** Sets one field of a deployment. */
export function setField(ref: ObjectRef, path: readonly string[], value: unknown, more: Partial<Intent> & { readonly requestId?: string } = {}): Intent {
  requests += 1;
  const { requestId = `test-${requests}`, ...rest } = more;
  return {
    change: changeOf('app.configure', requestId, ref.tenant === undefined ? {} : { tenant: ref.tenant }),
    ...rest,
    apply: (draft) => draft.edit(ref, (document) => document.setIn(path, value)),
  };
}
