import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '../../cluster/driver.ts';
import { follow } from '../client/follow.ts';
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

/** Prints lines as they come, also those of pods that have died. `--follow` connects again when the control plane restarts. */
export async function logs(session: Session, target: ApplicationTarget, options: LogsOptions): Promise<void> {
  const path = `${deploymentPath(target, options.env)}/logs`;
  const query = { follow: options.follow === true ? true : undefined, tail: options.tail, pod: options.pod };
  if (options.follow !== true) {
    for await (const event of (await session.client()).events(path, { query })) if (event.event === 'line') printLine(session, parseLine(event));
    return;
  }
  const shown = new ShownLines();
  await follow(session, path, {
    query,
    onAgain: () => { shown.again(); },
    onEvent: (event) => {
      if (event.event !== 'line') return;
      const line = parseLine(event);
      if (shown.add(line)) printLine(session, line);
    },
  });
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
