import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { exitCodes } from './exit.ts';
import type { Io, Output } from './io.ts';
import { run } from './run.ts';

/** Runs `cameleer` on this process: its arguments, streams, signals and exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  stopOnSignals(controller);
  endOnBrokenPipe();
  const io = processIo(controller.signal);
  process.exitCode = await run(process.argv.slice(2), io);
  if (controller.signal.aborted) process.exitCode = exitCodes.interrupted;
  // A kept-alive connection or an unread standard input must not hold the process.
  process.stdin.unref?.();
}

/** The process as the verbs see it. */
export function processIo(signal: AbortSignal): Io {
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    signal,
    now: () => new Date(),
    newId: () => randomUUID(),
    sleep: (milliseconds) => wait(milliseconds, undefined, { signal }).catch(() => undefined),
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return { write: (text) => void stream.write(text), isTTY: stream.isTTY, columns: stream.columns };
}

/** The first signal ends the verb in order; a second one ends the process at once. */
function stopOnSignals(controller: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
}

/** `cameleer history | head` ends quietly, as any filter does. */
function endOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.ok);
      throw error;
    });
  }
}
