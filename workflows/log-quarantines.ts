import type { Engine, Quarantine } from '../engine/index.ts';
import { formatProblem } from '../schemas/index.ts';
import type { Logger } from './context.ts';
import { quarantineMessage } from './status/notices.ts';

/** Warns when a quarantine is there, begins or gets other reasons, and says when it has ended. Answers how to stop. */
export function logQuarantines({ engine, logger }: { readonly engine: Pick<Engine, 'head' | 'onChange'>; readonly logger: Logger }): () => void {
  let said = new Map<string, string>();
  const look = () => {
    const messages = new Map<string, string>();
    for (const [id, quarantine] of engine.head().quarantines) {
      const message = quarantineMessage(quarantine);
      messages.set(id, message);
      if (said.get(id) !== message) logger.warn(detailsOf(quarantine), message);
    }
    for (const id of said.keys()) if (!messages.has(id)) logger.info({ quarantined: id }, `${id} is no longer quarantined`);
    said = messages;
  };
  look();
  return engine.onChange(look);
}

function detailsOf({ tenant, commit, problems }: Quarantine): object {
  return { quarantined: tenant, inForce: commit, problems: problems.filter((problem) => problem.severity === 'error').map(formatProblem) };
}
