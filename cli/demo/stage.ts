import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StatusAnswer } from '../client/answers.ts';
import type { Client } from '../client/http.ts';
import { deploymentPath } from '../client/paths.ts';
import { waitUntilLive } from '../client/wait.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit.ts';
import type { Io } from '../io.ts';
import { clean } from '../render/table.ts';
import { run } from '../run.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';

const execute = promisify(execFile);
const liveMilliseconds = 180_000;

/** What the steps of the demo act through; everything that it does is shown as the command that a user would type. */
export interface Stage {
  readonly io: Io;
  readonly session: Session;
  readonly client: Client;
  /** A heading. */
  title(text: string): void;
  say(text: string): void;
  /** Runs `npx cameleer …` in this process; fails the demo unless it exits with 0. */
  cameleer(...argv: readonly string[]): Promise<void>;
  /** Runs git in a folder, with the environment added; answers its standard output, and shows it when `show` is set. */
  git(folder: string, argv: readonly string[], options?: { env?: Readonly<Record<string, string>>; show?: boolean }): Promise<string>;
  /** Calls the application through its service's address, as curl would; tries again while nothing listens yet. */
  call(address: string, options?: { readonly json: unknown }): Promise<string>;
  live(target: ApplicationTarget, environment: string, release: string): Promise<StatusAnswer>;
  status(target: ApplicationTarget, environment: string): Promise<StatusAnswer>;
}

export function openStage(io: Io, session: Session, client: Client): Stage {
  const { palette } = session;
  const type = (command: string): void => io.stdout.write(`${palette.dim('$')} ${palette.bold(command)}\n`);
  return {
    io, session, client,
    title: (text) => io.stdout.write(`\n${palette.bold(`— ${text}`)}\n`),
    say: (text) => io.stdout.write(`${text}\n`),
    async cameleer(...argv) {
      type(`npx cameleer ${argv.map(quoted).join(' ')}`);
      const code = await run(argv, io);
      if (code === exitCodes.ok) return;
      throw new CliError('demo_failed', `The command above ended with ${code}.`, { next: 'read its error, and the output of `npm start`; `npm run demo` can be repeated at any time' });
    },
    async git(folder, argv, { env = {}, show = false } = {}) {
      type(`git ${argv.map(quoted).join(' ')}`);
      const { stdout } = await execute('git', [...argv], { cwd: folder, env: { ...io.env, ...env }, signal: io.signal });
      if (show) io.stdout.write(stdout);
      return stdout;
    },
    async call(address, options) {
      const body = options === undefined ? undefined : JSON.stringify(options.json);
      type(body === undefined ? `curl ${address}` : `curl -H 'Content-Type: application/json' -d '${body}' ${address}`);
      const text = await callAddress(io, address, body);
      io.stdout.write(`${clean(text)}\n`);
      return text;
    },
    live: (target, environment, release) => waitUntilLive(session, target, environment, { timeout: liveMilliseconds, release }),
    async status(target, environment) {
      return (await client.request<StatusAnswer>('GET', `${deploymentPath(target, environment)}/status`)).body;
    },
  };
}

/** As curl does, each call on a connection of its own: a kept one may lead to a pod that is ending. */
async function callAddress(io: Io, address: string, body: string | undefined): Promise<string> {
  const connection = { Connection: 'close' };
  const request = body === undefined ? { headers: connection } : { method: 'POST', body, headers: { ...connection, 'Content-Type': 'application/json' } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(address, { ...request, signal: AbortSignal.any([io.signal, AbortSignal.timeout(10_000)]) });
      const text = await response.text();
      if (response.ok) return text;
      throw new Error(`it answered ${response.status}`);
    } catch (error) {
      if (attempt === 5 || io.signal.aborted) throw new CliError('demo_failed', `${address} does not answer: ${(error as Error).message}.`, { next: 'look at `npx cameleer logs acme/orders --env dev`', cause: error });
      await io.sleep(500);
    }
  }
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
