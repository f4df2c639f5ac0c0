/** What a packet begins with that holds a piece of the report, beside messages. */
const dataBand = '\u0001';

/**
 * What a push was told: ref → whether it was taken. Read from the bytes alone, with nothing of the server's; empty when there is
 * no report, or it breaks off.
 */
export function pushAnswers(body: Buffer): ReadonlyMap<string, boolean> {
  const packets = packetsOf(body);
  const data = packets.filter((packet) => packet.startsWith(dataBand)).map((packet) => packet.slice(1));
  const report = data.length === 0 ? packets : packetsOf(Buffer.from(data.join(''), 'latin1'));
  const lines = report.flatMap((packet): [string, boolean][] => {
    const [, word, name] = /^(ok|ng) (\S+)/.exec(packet) ?? [];
    return name === undefined ? [] : [[Buffer.from(name, 'latin1').toString(), word === 'ok']];
  });
  return new Map(lines);
}

/** Their contents, a byte a letter. */
function packetsOf(body: Buffer): readonly string[] {
  const packets: string[] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length)) break;
    if (length > 4) packets.push(body.toString('latin1', at + 4, at + length));
    at += Math.max(4, length);
  }
  return packets;
}

/** What is wrong with the answers about refs, by where the refs were before the push and are after it. */
export function misreported(answers: ReadonlyMap<string, boolean>, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string | undefined {
  const moved = new Set([...before.keys(), ...after.keys()].filter((name) => before.get(name) !== after.get(name)));
  for (const [name, taken] of answers) {
    if (taken && !isThere(name, moved)) return `Told that ${name} was taken, and it has not moved.`;
    if (!taken && moved.has(name)) return `Told that ${name} was refused, and it has moved.`;
  }
  const [first] = moved;
  return first === undefined || [...answers.values()].includes(true) ? undefined : `Nothing was taken, and ${first} has moved.`;
}

/** A push for review becomes the branch of a change request. */
function isThere(name: string, moved: ReadonlySet<string>): boolean {
  return name === 'refs/for/main' ? [...moved].some((each) => each.startsWith('refs/heads/requests/')) : moved.has(name);
}
