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
  const shown = new ShownLines();
  let broken = 0;
  const onLine = (line: LogLine): void => {
    broken = 0;
    if (shown.add(line)) printLine(session, line);
  };
  for (;;) {
    const outcome = await follow(session, target, { options, onLine, again: broken > 0 });
    if (options.follow !== true || session.io.signal.aborted || outcome === 'complete') return;
    broken += 1;
    shown.again();
    if (broken > reconnectTimes) throw new CliError('not_reachable', 'The control plane stopped sending logs and does not answer.', { next: 'start it again with `npm start`, then run the command again' });
    if (broken === 1) session.io.stderr.write('  connection lost, waiting for the control plane\n');
    await session.io.sleep(reconnectMilliseconds);
  }
}

interface Following {
  readonly options: LogsOptions;
  /** Whether it was connected before; then nobody answering means to wait. */
  readonly again: boolean;
  readonly onLine: (line: LogLine) => void;
}

async function follow(session: Session, target: ApplicationTarget, { options, onLine, again }: Following): Promise<'complete' | 'broken'> {
  const client = await session.client();
  const stream = client.events(`${deploymentPath(target, options.env)}/logs`, {
    query: { follow: options.follow === true ? true : undefined, tail: options.tail, pod: options.pod },
  });
  let tolerated = again;
  try {
    for await (const event of stream) {
      tolerated = true;
      if (event.event === 'end') return 'complete';
      if (event.event === 'line') onLine(parseLine(event));
    }
    return 'broken';
  } catch (error) {
    if (options.follow === true && tolerated && error instanceof CliError && error.code === 'not_reachable') return 'broken';
    throw error;
  }
}

/** Knows which lines of a repeated tail were shown before: those before the last one's time, and those of that time. */
class ShownLines {
  #last = '';
  #atLast = new Set<string>();
  #repeating = false;

  /** The stream begins again with its tail. */
  again(): void {
    this.#repeating = true;
  }

  /** Whether the line is new. */
  add({ pod, time, text }: LogLine): boolean {
    const key = `${pod} ${text}`;
    if (this.#repeating && (time < this.#last || (time === this.#last && this.#atLast.has(key)))) return false;
    if (time > this.#last) {
      this.#last = time;
      this.#atLast = new Set();
      this.#repeating = false;
    }
    if (time === this.#last) this.#atLast.add(key);
    return true;
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
