import { join } from 'node:path';
import { watch } from 'chokidar';

/**
 * Calls `onHint` after something below refs/ or packed-refs changed, and every `everyMilliseconds` in any case: events can be
 * lost, so they are only a hint to look.
 */
export function watchReferences(directory: string, onHint: () => void, everyMilliseconds: number): { close(): Promise<void> } {
  const watcher = watch([join(directory, 'refs'), join(directory, 'packed-refs')], {
    ignoreInitial: true,
    ignored: (path) => path.endsWith('.lock'),
  });
  watcher.on('all', onHint);
  watcher.on('error', () => {});
  const timer = setInterval(onHint, everyMilliseconds);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await watcher.close();
    },
  };
}
