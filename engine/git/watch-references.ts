import { join } from 'node:path';
import { watch } from 'chokidar';

/** One movement of a ref makes several events. */
const settleMilliseconds = 20;

/**
 * Calls `onHint` after a branch or packed-refs changed, and every `everyMilliseconds` in any case: events can be lost, so
 * they are only a hint to look. Branches in folders of their own (`cells/`) are derived and not watched.
 */
export function watchReferences(directory: string, onHint: () => void, everyMilliseconds: number): { close(): Promise<void> } {
  let planned: NodeJS.Timeout | undefined;
  const hint = () => {
    planned ??= setTimeout(() => {
      planned = undefined;
      onHint();
    }, settleMilliseconds);
  };
  const watcher = watch([join(directory, 'refs', 'heads'), join(directory, 'packed-refs')], {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path.endsWith('.lock'),
  });
  watcher.on('all', hint);
  watcher.on('error', () => {});
  const timer = setInterval(onHint, everyMilliseconds);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      clearTimeout(planned);
      await watcher.close();
    },
  };
}
