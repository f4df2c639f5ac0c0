import { createInterface } from 'node:readline/promises';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';

/** Asks on a terminal; elsewhere only `--yes` will do. Throws `not_confirmed`. */
export async function confirm(io: Io, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (io.stdin.isTTY !== true) throw new CliError('not_confirmed', 'Nothing was written: there is no terminal to ask on.', { next: 'look at the plan above and add --yes' });
  const prompt = createInterface({ input: io.stdin as unknown as NodeJS.ReadStream, output: process.stderr, terminal: true });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: io.signal });
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CliError('not_confirmed', 'Nothing was written.', { next: 'run the command again and answer y' });
  } finally {
    prompt.close();
  }
}
