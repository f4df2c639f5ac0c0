import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '../../cluster/driver.ts';
import { CliError } from '../errors.ts';
import { deploymentPath } from '../client/paths.ts';
import type { ServerEvent } from '../client/sse.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';

export interface LogsOptions {
  readonly env: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly pod?: string;
}

const reconnectMilliseconds = 1000;
const reconnectTimes = 30;

/** Prints lines as they come, also those of pods that have died. `--follow` connects again when the control plane restarts. */
export async function logs(session: Session, target: ApplicationTarget, options: LogsOptions): Promise<void> {
  let last: string | undefined;
  let since = '';
  let broken = 0;
  const onLine = (line: LogLine, id: string | undefined): void => {
    // After a reconnection without resumption the tail comes again: only what is newer is shown.
    if (line.time < since) return;
    if (id !== undefined) last = id;
    since = line.time;
    broken = 0;
    printLine(session, line);
  };
  for (;;) {
    const outcome = await follow(session, target, { options, last, onLine });
    if (options.follow !== true || session.io.signal.aborted || outcome === 'complete') return;
    broken += 1;
    if (broken > reconnectTimes) throw new CliError('not_reachable', 'The control plane stopped sending logs and does not answer.', { next: 'start it again with `npm start`, then run the command again' });
    if (broken === 1) session.io.stderr.write('  connection lost, waiting for the control plane\n');
    await session.io.sleep(reconnectMilliseconds);
  }
}

interface Following {
  readonly options: LogsOptions;
  readonly last: string | undefined;
  readonly onLine: (line: LogLine, id: string | undefined) => void;
}

async function follow(session: Session, target: ApplicationTarget, { options, last, onLine }: Following): Promise<'complete' | 'broken'> {
  const client = await session.client();
  const stream = client.events(`${deploymentPath(target, options.env)}/logs`, {
    query: { follow: options.follow === true ? true : undefined, tail: options.tail, pod: options.pod },
    headers: last === undefined ? {} : { 'Last-Event-ID': last },
  });
  let opened = last !== undefined;
  try {
    for await (const event of stream) {
      opened = true;
      if (event.event === 'end') return 'complete';
      if (event.event === 'line') onLine(parseLine(event), event.id);
    }
    return 'broken';
  } catch (error) {
    if (options.follow === true && opened && error instanceof CliError && error.code === 'not_reachable') return 'broken';
    throw error;
  }
}

function parseLine({ data }: ServerEvent): LogLine {
  return JSON.parse(data) as LogLine;
}

/** On a terminal an application's output may not move the cursor; into a pipe its bytes go as they are. */
function printLine({ io, json, palette }: Session, line: LogLine): void {
  if (json) {
    io.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const text = io.stdout.isTTY ? stripVTControlCharacters(line.text) : line.text;
  io.stdout.write(`${palette.dim(`${line.time.slice(11, 23)} ${line.pod}`)} ${text}\n`);
}
