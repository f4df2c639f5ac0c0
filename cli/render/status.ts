import type { Health, StatusAnswer } from '../client/answers.ts';
import type { Palette } from './palette.ts';
import { clean, fields, table } from './table.ts';
import { ago } from './time.ts';

export function paintHealth(health: Health, palette: Palette): string {
  if (health === 'ready') return palette.green(health);
  if (health === 'failed' || health === 'stalled') return palette.red(health);
  return palette.yellow(health);
}

/** One application in several environments; a notice that all of them have is said once. */
export function renderStatuses(statuses: readonly StatusAnswer[], palette: Palette, now: Date): string {
  const notices = new Set(statuses.flatMap((status) => renderNotices(status, palette)));
  return [...statuses.map((status) => renderStatus({ ...status, notices: [] }, palette, now)), [...notices].join('\n')].filter((part) => part !== '').join('\n\n');
}

/** One application in one environment: wanted, observed, pods, and what is rendered but not enforced. */
export function renderStatus(status: StatusAnswer, palette: Palette, now: Date): string {
  const { desired, observed } = status;
  const because = observed.reason === undefined ? undefined : [observed.reason, observed.message].filter((part) => part !== undefined && part !== '').join(': ');
  const parts = [
    palette.bold(`${status.tenant}/${status.application} in ${status.environment}`),
    fields([
      ['health', paintHealth(observed.health, palette) + (observed.since === undefined ? '' : ` since ${ago(observed.since, now)}`)],
      ['because', because === undefined || observed.health === 'ready' ? undefined : clean(because)],
      ['release', desired.release],
      ['pods', desired.stopped ? 'stopped' : podsReady(status)],
      ['hold', desired.hold === undefined ? undefined : palette.yellow(clean([desired.hold.reason ?? 'held', ...(desired.hold.by === undefined ? [] : [`(by ${desired.hold.by}${desired.hold.until === undefined ? '' : ` until ${desired.hold.until}`})`])].join(' ')))],
      ...(status.addresses ?? []).map((address) => [`address`, `${address.url} (${address.name}, port ${address.port})`] as const),
      ['not enforced', listed(status.notEnforced)],
    ]),
    podTable(status, palette, now),
    ...renderNotices(status, palette),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** The same in one line, for following. */
export function statusLine(status: StatusAnswer, palette: Palette): string {
  const { desired, observed } = status;
  const because = observed.health === 'ready' ? '' : `: ${clean([observed.reason, observed.message].filter((part) => part !== undefined && part !== '').join(': '))}`;
  const held = desired.hold === undefined ? '' : ' (held)';
  return `${desired.release}${held} ${paintHealth(observed.health, palette)}, ${podsReady(status)}${because}`;
}

/** Of a cell that nothing here watches, only what is wanted is known. */
function podsReady({ desired, observed }: StatusAnswer): string {
  const wanted = desired.stopped ? 0 : desired.replicas;
  return observed.reason === 'not_watched' ? `${wanted} wanted` : `${observed.readyReplicas ?? 0} of ${wanted} ready`;
}

function renderNotices({ notices = [] }: StatusAnswer, palette: Palette): string[] {
  return notices.map(({ code, message }) => palette.dim(`notice: ${clean(`${code}: ${message}`)}`));
}

const longestMessage = 100;

/** The last line: a pod's message may be the tail of its log, which `cameleer logs` shows whole. */
function lastWords(message: string): string {
  const line = clean(message.trimEnd().split(/[\r\n]+/).at(-1) ?? '').trim();
  return line.length <= longestMessage ? line : `${line.slice(0, longestMessage - 1)}…`;
}

function listed(values: readonly string[] | undefined): string | undefined {
  return values === undefined || values.length === 0 ? undefined : values.join(', ');
}

function podTable({ observed }: StatusAnswer, palette: Palette, now: Date): string {
  if (observed.pods.length === 0) return '';
  const rows = observed.pods.map((pod) => [
    `  ${clean(pod.name)}`, pod.phase, pod.ready ? palette.green('yes') : palette.red('no'), String(pod.restarts),
    pod.startedAt === undefined ? '' : ago(pod.startedAt, now), lastWords(pod.message ?? ''),
  ]);
  const said = rows.some((row) => row.at(-1) !== '');
  return table(['  POD', 'PHASE', 'READY', 'RESTARTS', 'STARTED', ...(said ? ['LAST WORDS'] : [])], rows);
}
