import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** One movement of a ref makes several events. */
const settleMilliseconds = 20;

/**
 * Calls `onHint` after a branch or packed-refs changed, and every `everyMilliseconds` in any case: events can be lost, so
 * they are only a hint to look. Branches in folders of their own (`cells/`) are derived and not watched.
 */
export function watchReferences(directory: string, onHint: () => void, everyMilliseconds: number): { close(): void } {
  let planned: NodeJS.Timeout | undefined;
  const hint = () => {
    planned ??= setTimeout(() => {
      planned = undefined;
      onHint();
    }, settleMilliseconds);
  };
  const watchers = [
    watchFolder(join(directory, 'refs', 'heads'), (name) => !name.endsWith('.lock'), hint),
    watchFolder(directory, (name) => name === 'packed-refs', hint),
  ];
  const timer = setInterval(onHint, everyMilliseconds);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      clearTimeout(planned);
      for (const watcher of watchers) watcher?.close();
    },
  };
}

/** `undefined` where a folder can't be watched: when the system's watches are used up, for example. */
function watchFolder(folder: string, concerns: (name: string) => boolean, hint: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (name === null || concerns(name)) hint();
    });
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}
