import { CommanderError } from 'commander';
import { CliError } from './errors.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';
import { paletteFor } from './render/palette.ts';

/** Parses the arguments, runs the verb, shows what went wrong; answers the exit code and never throws. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const outcome: { exitCode: ExitCode } = { exitCode: exitCodes.ok };
  const program = buildProgram(io, outcome);
  try {
    // Half of a pair of UTF-16 is in no address.
    await program.parseAsync(argv.map((argument) => argument.toWellFormed()), { from: 'user' });
    return io.signal.aborted ? exitCodes.interrupted : outcome.exitCode;
  } catch (error) {
    if (io.signal.aborted) return exitCodes.interrupted;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok;
      if (error.code === 'commander.help') return exitCodes.usage;
    }
    return showError(error, argv, io);
  }
}

async function showError(thrown: unknown, argv: readonly string[], io: Io): Promise<ExitCode> {
  const { describeError, renderError } = await import('./render/error.ts');
  const shown = describeError(thrown instanceof CommanderError ? usageError(thrown, argv) : thrown);
  io.stderr.write(argv.includes('--json') ? `${JSON.stringify({ error: shown })}\n` : renderError(shown, paletteFor(io.stderr, io.env)));
  if ((io.env['CAMELEER_DEBUG'] ?? '') !== '' && thrown instanceof Error) io.stderr.write(`${thrown.stack ?? ''}\n`);
  return shown.exitCode;
}

function usageError(error: CommanderError, argv: readonly string[]): CliError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const verb = argv.find((argument) => !argument.startsWith('-'));
  const help = verb === undefined || error.code === 'commander.unknownCommand' ? 'cameleer --help' : `cameleer ${verb} --help`;
  return new CliError('usage', message, { next: `see \`${help}\``, cause: error });
}
