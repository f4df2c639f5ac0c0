import { EngineError } from '../engine-error.ts';
import type { GitError } from '../git/index.ts';
import { platformKey } from '../state/state-view.ts';
import { unreadableAt } from '../state/unreadable.ts';
import type { Quarantine } from '../types.ts';

const retrySeconds = 60;

/** `main` stands at a commit that can not be read: what was in force before it stays so, and nothing can be written upon it. */
export class MainUnreadable extends EngineError {
  /** Of everything, at the last commit that could be read. */
  readonly quarantine: Quarantine;
  constructor(main: string, inForce: string, cause: GitError) {
    super('main_unreadable', `The commit ${main} on main can not be read, so nothing can be written. An operator has to put a sound commit on top of it, or set main back.`, { cause, retryAfterSeconds: retrySeconds });
    const message = `The commit ${main} on main can not be read. Put a sound commit on top of it, or set main back: git update-ref refs/heads/main ${inForce}. ${cause.message}`;
    this.quarantine = { tenant: platformKey, commit: inForce, problems: [{ ...unreadableAt(platformKey, cause), code: 'main_unreadable', message }] };
  }
}
