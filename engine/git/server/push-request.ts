import { GitError } from '../git-error.ts';
import { isObjectId, ZERO_ID } from '../object-id.ts';
import { FLUSH, PacketReader, pktLine } from './pkt-line.ts';

/** What a push wants of one ref. */
export interface PushCommand {
  readonly name: string;
  /** What the client last saw; `undefined`: the ref is to be made. */
  readonly before: string | undefined;
  /** `undefined`: the ref is to be deleted. */
  readonly after: string | undefined;
}

export interface PushRequest {
  readonly commands: readonly PushCommand[];
  /** Whether the client understands messages beside the report, wants a report, and wants all or nothing. */
  readonly sideBand: boolean;
  readonly report: boolean;
  readonly atomic: boolean;
  /** What follows the commands; empty when the push brings no objects. */
  readonly pack: AsyncIterable<Uint8Array>;
}

/** No `push-options` and no signed pushes. Deletions are offered so that their refusal has words: without, git's own has none. */
const capabilities = 'report-status delete-refs side-band-64k atomic ofs-delta quiet object-format=sha1 agent=cameleer';
const mostCommands = 100;
const longestLine = 4_096;

/** What a push is told first: gitprotocol-http(5) and gitprotocol-pack(5), version 0. */
export function pushAdvertisement(references: ReadonlyMap<string, string>): Buffer {
  const lines = [...references].map(([name, id]) => `${id} ${name}`);
  if (lines.length === 0) lines.push(`${ZERO_ID} capabilities^{}`);
  const [first = '', ...others] = lines;
  return Buffer.concat([pktLine('# service=git-receive-pack\n'), FLUSH, pktLine(`${first}\0${capabilities}\n`), ...others.map((line) => pktLine(`${line}\n`)), FLUSH]);
}

/** Reads what a push asks for, up to its pack. Without commands it is git's way of trying whether it may. Throws `protocol`. */
export async function readPushRequest(body: AsyncIterable<Uint8Array>): Promise<PushRequest> {
  const packets = new PacketReader(body);
  const commands: PushCommand[] = [];
  let offered: readonly string[] = [];
  for (let packet = await packets.next(); packet !== 'flush'; packet = await packets.next()) {
    if (packet === undefined && commands.length === 0) break;
    if (!Buffer.isBuffer(packet)) throw new GitError('protocol', 'The push ends before its commands do.');
    const [line = '', more] = lineOf(packet).split('\0');
    // A shallow clone says where its history ends; ours is whole, so that says nothing here.
    if (/^shallow [0-9a-f]{40}$/.test(line)) continue;
    if (commands.length === 0) offered = (more ?? '').split(' ');
    commands.push(commandOf(line));
    if (commands.length > mostCommands) throw new GitError('protocol', `A push may move at most ${mostCommands} refs.`);
  }
  return { commands, sideBand: offered.includes('side-band-64k'), report: offered.includes('report-status'), atomic: offered.includes('atomic'), pack: packets.rest() };
}

function lineOf(packet: Buffer): string {
  if (packet.length > longestLine) throw new GitError('protocol', 'A command of the push is too long.');
  const text = packet.toString('utf8');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

function commandOf(line: string): PushCommand {
  const [before = '', after = '', ...names] = line.split(' ');
  const name = names.join(' ');
  if (!isObjectId(before) || !isObjectId(after) || !isReferenceName(name)) throw new GitError('protocol', 'The push holds something that is no command.');
  return { name, before: before === ZERO_ID ? undefined : before, after: after === ZERO_ID ? undefined : after };
}

/** git-check-ref-format(1), for names below `refs/`. */
export function isReferenceName(name: string): boolean {
  if (!name.startsWith('refs/') || name.length > 500) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x20\x7f~^:?*[\\\ufffd]|\.\.|@\{/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.') && !part.endsWith('.lock'));
}
