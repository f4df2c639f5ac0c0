import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { CodedError } from '../schemas/coded-error.ts';
import type { ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { addAuditVerbs } from './program/audit.ts';
import { addOfflineVerbs } from './program/offline.ts';
import { addUpkeepVerbs } from './program/upkeep.ts';
import { addReadVerbs } from './program/read.ts';
import { addRequestVerbs } from './program/request.ts';
import { addSessionVerbs } from './program/session.ts';
import { addWriteVerbs } from './program/write.ts';
import type { Target } from './target.ts';
import { openSession, type GlobalOptions, type Session } from './session.ts';

/** Wraps a verb as commander's action: gives it a session, keeps the exit code that it answers. */
export type Verb = <A extends unknown[]>(verb: (session: Session, ...parameters: A) => Promise<ExitCode | void>) => (...parameters: unknown[]) => Promise<void>;

/**
 * The command line. It loads no verb: each action imports its own, so that `--version`, `--help` and a mistake in the
 * arguments cost nothing. Commander's errors are thrown, not printed; `run` shows them.
 */
export function buildProgram(io: Io, outcome: { exitCode: ExitCode }): Command {
  const program = new Command('cameleer')
    .description('Deploy Camel applications and see why what runs is running.')
    .version(version(), '-V, --version')
    .option('--json', 'print the answer as JSON')
    .option('--url <address>', 'address of the control plane (default: CAMELEER_URL, the last `cameleer login`, http://127.0.0.1:8700)')
    .option('--no-color', 'no colour, also on a terminal (NO_COLOR does the same)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => { io.stdout.write(text); }, writeErr: (text) => { io.stderr.write(text); }, outputError: () => undefined })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .addHelpText('after', epilogue);
  const verb: Verb = <A extends unknown[]>(action: (session: Session, ...parameters: A) => Promise<ExitCode | void>) => async (...parameters: unknown[]) => {
    // Commander passes the arguments, the options and the command itself.
    const command = parameters.at(-1) as Command;
    const session = openSession(io, command.optsWithGlobals<GlobalOptions>());
    try {
      outcome.exitCode = (await action(session, ...(parameters.slice(0, -1) as A))) ?? outcome.exitCode;
    } catch (error) {
      throw await explained(error, session, parameters);
    }
  };
  addSessionVerbs(program, verb);
  addWriteVerbs(program, verb);
  addRequestVerbs(program, verb);
  addReadVerbs(program, verb);
  addOfflineVerbs(program, verb);
  addAuditVerbs(program, verb);
  addUpkeepVerbs(program, verb);
  return program;
}

/** An error of the control plane, with a next step about the target, or the change request, that the command named. */
async function explained(thrown: unknown, session: Session, [target, ...rest]: readonly unknown[]): Promise<unknown> {
  if (!(thrown instanceof CodedError) || thrown.name !== 'ApiError' || !(isTarget(target) || typeof target === 'number')) return thrown;
  const [{ ApiError }, { explain, explainOfRequest }] = await Promise.all([import('./client/api-error.ts'), import('./client/explain-not-found.ts')]);
  if (!(thrown instanceof ApiError)) return thrown;
  if (typeof target === 'number') return explainOfRequest(thrown, target);
  const environment = (rest.at(-2) as { env?: string; to?: string } | undefined)?.env ?? (rest.at(-2) as { to?: string } | undefined)?.to;
  return explain(thrown, { ...target, ...(environment === undefined ? {} : { environment }) }, await session.client());
}

function isTarget(value: unknown): value is Target {
  return typeof value === 'object' && value !== null && 'tenant' in value;
}

const epilogue = `
Exit codes: 0 done · 1 a problem was found or it did not come about · 2 wrong usage · 3 no control plane answers ·
4 refused · 5 the control plane failed · 6 nothing wrong, but not all of it proved · 130 interrupted

Try:
  cameleer deploy acme/orders --env dev --jar target/orders.jar --wait
  cameleer proof acme/orders --env dev
  cameleer validate tenants-example
`;

function version(): string {
  return (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;
}
