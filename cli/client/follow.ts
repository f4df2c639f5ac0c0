import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { ApiError } from './api-error.ts';
import type { RequestOptions } from './http.ts';
import type { ServerEvent } from './sse.ts';

const reconnectMilliseconds = 1000;
const reconnectTimes = 60;

export interface FollowOptions extends RequestOptions {
  readonly onEvent: (event: ServerEvent) => void;
  /** Called when the stream begins again after it broke. */
  readonly onAgain?: () => void;
}

/**
 * Reads an event stream until `event: end` or an interruption. Once it has been connected it connects again, for a minute,
 * when the control plane goes away; before that, nobody answering is an error.
 */
export async function follow(session: Session, path: string, options: FollowOptions): Promise<void> {
  let broken = 0;
  const onEvent = (event: ServerEvent): void => {
    broken = 0;
    options.onEvent(event);
  };
  while ((await readOnce(session, path, { ...options, onEvent, again: broken > 0 })) === 'broken' && !session.io.signal.aborted) {
    broken += 1;
    if (broken > reconnectTimes) throw new CliError('not_reachable', 'The control plane went away and did not come back.', { next: 'start it again with `npm start`, then run the command again' });
    if (broken === 1) session.io.stderr.write('  connection lost, waiting for the control plane\n');
    options.onAgain?.();
    await session.io.sleep(reconnectMilliseconds);
  }
}

async function readOnce(session: Session, path: string, { onEvent, again, ...request }: FollowOptions & { readonly again: boolean }): Promise<'complete' | 'broken'> {
  const client = await session.client();
  let connected = again;
  try {
    for await (const event of client.events(path, request)) {
      connected = true;
      if (event.event === 'end') return 'complete';
      onEvent(event);
    }
    return 'broken';
  } catch (error) {
    if (connected && isAway(error)) return 'broken';
    throw error;
  }
}

/** Nobody answers, or a control plane that only just begins to. */
function isAway(error: unknown): boolean {
  return (error instanceof CliError && (error.code === 'not_reachable' || error.code === 'connection_lost')) || (error instanceof ApiError && error.code === 'starting');
}
