import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { dirname, join } from 'node:path';
import { diskErrorOf, GitError } from './git-error.ts';
import { syncDirectory } from './loose-objects.ts';
import { ZERO_ID } from './object-id.ts';
import { readReference } from './references.ts';
import { spawnGit } from './run-git.ts';

export interface ReferenceUpdate {
  /** `refs/heads/…` */
  readonly name: string;
  /** Value that the ref must have; `undefined`: it must not exist. */
  readonly before: string | undefined;
  readonly after: string;
  /** What the ref says can be made again: that its new value outlives a power failure is not waited for. */
  readonly derived?: boolean;
}

/** How long git waits for the lock of a ref that another process is moving, which takes it some milliseconds. */
const lockMilliseconds = 2_000;

interface Session {
  readonly child: ChildProcessWithoutNullStreams;
  output: string;
  complaints: string;
  ended: boolean;
  changed: () => void;
}

/**
 * Moves refs by one persistent `git update-ref --stdin`, one ref a transaction (git's transactions over several refs do not
 * survive a kill between its renames). Calls must not overlap; the write loop is the only caller.
 */
export class ReferenceWriter {
  readonly #directory: string;
  #session: Session | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Durable when it resolves, unless `derived`. Throws `ref_moved`, `ref_locked`, `disk_full`, `not_writable` or `ref_failed`; then the ref is as it was. */
  async update(change: ReferenceUpdate): Promise<void> {
    // One that ended by itself since the last update has done nothing wrong to this one.
    if (this.#session?.ended === true) this.#session = undefined;
    const session = (this.#session ??= this.#start());
    session.output = '';
    session.child.stdin.write(`start\nupdate ${change.name} ${change.after} ${change.before ?? ZERO_ID}\nprepare\n`);
    if (!(await this.#said(session, 'prepare: ok\n'))) await this.#explain(change, session);
    else await this.#commit(change, session);
    if (change.derived !== true) await this.#syncFolders(change.name);
  }

  /**
   * The ref is locked now, and git has compared its value; but a git that runs for long may have taken an old packed-refs for
   * the current one, when it was replaced several times within a second. So what the files say is compared too: a value that
   * somebody else has packed must never be written over.
   */
  async #commit(change: ReferenceUpdate, session: Session): Promise<void> {
    const current = await readReference(this.#directory, change.name);
    if (current !== change.before) {
      this.#session = undefined;
      session.child.stdin.end('abort\n');
      await this.#ended(session);
      throw new GitError('ref_moved', `${change.name} was moved by somebody else.`);
    }
    session.child.stdin.write('commit\n');
    if (!(await this.#said(session, 'commit: ok\n'))) await this.#explain(change, session);
  }

  close(): void {
    this.#session?.child.stdin.end();
    this.#session = undefined;
  }

  #start(): Session {
    const child = spawnGit(this.#directory, ['-c', 'core.fsync=all', '-c', 'core.logAllRefUpdates=false', '-c', `core.filesRefLockTimeout=${lockMilliseconds}`, '-c', `core.packedRefsTimeout=${lockMilliseconds}`, 'update-ref', '--stdin']);
    const session: Session = { child, output: '', complaints: '', ended: false, changed: () => {} };
    const end = () => {
      session.ended = true;
      session.changed();
    };
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => {
      session.output += chunk.toString('latin1');
      session.changed();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      session.complaints += chunk.toString('utf8');
    });
    child.once('error', end);
    child.once('close', end);
    return session;
  }

  /** False when git ended without saying it. */
  async #said(session: Session, words: string): Promise<boolean> {
    while (!session.output.includes(words)) {
      if (session.ended) return false;
      await new Promise<void>((resolve) => {
        session.changed = resolve;
      });
    }
    return true;
  }

  /** It holds the lock until then. */
  async #ended(session: Session): Promise<void> {
    while (!session.ended) {
      await new Promise<void>((resolve) => {
        session.changed = resolve;
      });
    }
  }

  /** git died: what the ref says now decides, because git may have died after its rename. */
  async #explain(change: ReferenceUpdate, session: Session): Promise<void> {
    this.#session = undefined;
    const current = await readReference(this.#directory, change.name);
    if (current === change.after) return;
    const cause = new Error(session.complaints.trim());
    if (current !== change.before) throw new GitError('ref_moved', `${change.name} was moved by somebody else.`, { cause });
    const disk = diskErrorOf(session.complaints);
    if (disk !== undefined) throw disk;
    if (/unable to create '.*\.lock': file exists/i.test(session.complaints)) {
      throw new GitError('ref_locked', 'Another git process is moving the refs of the state repository, or was killed while it did; nothing was changed. A lock that nobody holds is removed after a minute: try again.', { cause });
    }
    throw new GitError('ref_failed', `git could not move ${change.name}; nothing was changed.`, { cause });
  }

  async #syncFolders(name: string): Promise<void> {
    const folders: string[] = [];
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) folders.push(folder);
    await Promise.all(folders.map((folder) => syncDirectory(join(this.#directory, folder))));
  }
}
