import { missingRequirements } from '../../tools/requirements.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit.ts';
import { processIo } from '../process.ts';
import { describeError, renderError } from '../render/error.ts';
import { paletteFor } from '../render/palette.ts';
import { runDemo } from './run-demo.ts';

/** Checks within a second what the machine lacks, runs the demo, sets the exit code. */
export async function runDemoProcess(): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
  const io = processIo(controller.signal);
  try {
    refuseMissing(missingRequirements());
    await runDemo(io);
  } catch (error) {
    const shown = describeError(error);
    io.stderr.write(renderError(shown, paletteFor(io.stderr, io.env)));
    process.exitCode = controller.signal.aborted ? exitCodes.interrupted : shown.exitCode;
  }
}

function refuseMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new CliError('requirement_missing', `The demo builds and runs real Camel applications. ${missing.join(' ')}`, { next: 'install it, then run `npm run demo` again' });
}
