import { FLUSH, pktLine, sideBand } from './pkt-line.ts';
import { plainLine } from './plain-line.ts';
import type { PushRequest } from './push-request.ts';

/** What became of a push. */
export interface PushReport {
  /** Why the pack could not be taken; `undefined`: it was. */
  readonly unpack?: string;
  /** By ref: `undefined` when it moved, else a short reason. */
  readonly references: ReadonlyMap<string, string | undefined>;
}

/** A line of text for the person who pushes, made harmless; git shows it behind `remote: `. */
export function pushMessage(request: Pick<PushRequest, 'sideBand'>, text: string): Buffer {
  return request.sideBand ? sideBand(2, `${plainLine(text)}\n`) : Buffer.alloc(0);
}

/** Shows that the connection lives, to whatever stands between. */
export function pushHeartbeat(request: Pick<PushRequest, 'sideBand'>): Buffer {
  return request.sideBand ? pktLine(Buffer.from([2])) : Buffer.alloc(0);
}

/** The end of the answer to a push. */
export function pushReport(request: Pick<PushRequest, 'sideBand' | 'report'>, report: PushReport): Buffer {
  const lines = [`unpack ${plainLine(report.unpack ?? 'ok')}`, ...[...report.references].map(([name, reason]) => (reason === undefined ? `ok ${name}` : `ng ${name} ${plainLine(reason)}`))];
  const status = request.report ? Buffer.concat([...lines.map((line) => pktLine(`${line}\n`)), FLUSH]) : Buffer.alloc(0);
  return request.sideBand ? Buffer.concat([sideBand(1, status), FLUSH]) : status;
}
