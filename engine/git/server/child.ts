import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

const graceMilliseconds = 2_000;

/** Ends the process, and what it started, when the signal says so; git tidies up on SIGTERM. */
export function endWith(child: ChildProcessWithoutNullStreams, signal: AbortSignal): void {
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), graceMilliseconds).unref();
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  child.once('close', () => signal.removeEventListener('abort', end));
}

/**
 * Writes a stream into the process. One that ends early takes no more, which its status explains; then the stream is not
 * waited for, because whoever sends it may have stopped.
 */
export async function feed(child: ChildProcessWithoutNullStreams, input: AsyncIterable<Uint8Array>): Promise<void> {
  const gone = new AbortController();
  const ended = once(gone.signal, 'abort').then(() => undefined);
  child.stdin.on('error', () => gone.abort());
  child.once('close', () => gone.abort());
  const chunks = input[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await Promise.race([chunks.next(), ended]);
      if (step === undefined || gone.signal.aborted) return;
      if (step.done === true) break;
      if (!child.stdin.write(step.value)) await once(child.stdin, 'drain', { signal: gone.signal }).catch(() => {});
    }
    child.stdin.end();
  } catch (error) {
    // What the process has is not the whole of it.
    child.kill('SIGTERM');
    throw error;
  }
}

/** Exit status, or the name of the signal that ended it. */
export function statusOf(child: ChildProcessWithoutNullStreams): Promise<number | string | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
}
