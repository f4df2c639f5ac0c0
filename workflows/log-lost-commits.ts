import type { Engine } from '../engine/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Logger } from './context.ts';
import { newestDone } from './newest-done.ts';

/**
 * Says in the log, at the start, when `main` lacks changes that were acknowledged: it was set back, or restored from another
 * moment than the ledger. Looks at the newest; `cameleer doctor` looks at all. Answers how many it found.
 */
export async function logLostCommits({ ledger, engine, logger }: { readonly ledger: Ledger; readonly engine: Pick<Engine, 'isOnMain'>; readonly logger: Logger }): Promise<number> {
  const lost: string[] = [];
  for (const commit of await newestDone(ledger)) if (!(await engine.isOnMain(commit))) lost.push(commit);
  if (lost.length > 0) logger.error({ code: 'main_behind_ledger', commits: lost }, 'main lacks changes that the ledger calls done: it was set back, or is of another moment than the ledger. Run cameleer doctor');
  return lost.length;
}
