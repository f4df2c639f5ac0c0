import { GitError } from './git-error.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}
export interface Stamp extends Person {
  /** Seconds since 1970. */
  readonly seconds: number;
  /** `+0000` */
  readonly zone: string;
}

export interface CommitFields {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Stamp;
  readonly committer: Stamp;
  readonly message: string;
}

export interface ParsedCommit extends CommitFields {
  readonly id: string;
  /** Armoured signature, and the bytes that it signs. */
  readonly signature: { readonly armor: string; readonly payload: Buffer } | undefined;
}

/** The last second of the year 9999. git takes later ones, which no date here can show. */
const latestSeconds = 253_402_300_799;

/** The moment of a stamp; a later one than the year 9999 has counts as its end. */
export function momentOf(seconds: number): Date {
  return new Date(Math.min(seconds, latestSeconds) * 1000);
}

/** The same as `2026-01-31T09:30:00Z`. */
export function timeOf(seconds: number): string {
  return `${momentOf(seconds).toISOString().slice(0, 19)}Z`;
}

function formatStamp(stamp: Stamp): string {
  return `${stamp.name} <${stamp.email}> ${stamp.seconds} ${stamp.zone}`;
}

function header(fields: CommitFields): string {
  const parents = fields.parents.map((parent) => `parent ${parent}\n`).join('');
  return `tree ${fields.tree}\n${parents}author ${formatStamp(fields.author)}\ncommitter ${formatStamp(fields.committer)}\n`;
}

/** Raw commit object; `sign` gets the bytes of the unsigned commit and answers with an armoured signature. */
export function encodeCommit(fields: CommitFields, sign?: (payload: Buffer) => string): Buffer {
  for (const part of [fields.author.name, fields.author.email, fields.committer.name, fields.committer.email]) {
    if (/[<>\n\0]/.test(part)) throw new TypeError('A name or address in a commit may not hold <, >, a line break or NUL.');
  }
  if (fields.message.includes('\0')) throw new TypeError('A commit message may not hold NUL.');
  const unsigned = Buffer.from(`${header(fields)}\n${fields.message}`);
  if (sign === undefined) return unsigned;
  const folded = sign(unsigned).trimEnd().split('\n').join('\n ');
  return Buffer.from(`${header(fields)}gpgsig ${folded}\n\n${fields.message}`);
}

function parseStamp(text: string): Stamp {
  const match = /^(.*?) ?<([^>]*)> (-?\d+) ([+-]\d{4})$/.exec(text);
  return { name: match?.[1] ?? '', email: match?.[2] ?? '', seconds: Number(match?.[3] ?? 0), zone: match?.[4] ?? '+0000' };
}

/** Header lines with their continuation lines still folded. */
function headerLines(head: string): string[] {
  return head.split(/\n(?! )/);
}

export function parseCommit(id: string, raw: Buffer): ParsedCommit {
  const split = raw.indexOf('\n\n');
  const head = raw.toString('utf8', 0, split < 0 ? raw.length : split);
  const lines = headerLines(head);
  const values = (key: string) => lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const [tree] = values('tree');
  if (tree === undefined) throw new GitError('object_corrupt', `Commit ${id} names no tree. Run git fsck.`);
  const [signature] = values('gpgsig');
  return {
    id,
    tree,
    parents: values('parent'),
    author: parseStamp(values('author')[0] ?? ''),
    committer: parseStamp(values('committer')[0] ?? ''),
    message: split < 0 ? '' : raw.toString('utf8', split + 2),
    signature:
      signature === undefined
        ? undefined
        : { armor: signature.replaceAll('\n ', '\n'), payload: Buffer.concat([Buffer.from(`${lines.filter((line) => !line.startsWith('gpgsig ')).join('\n')}\n`), raw.subarray(split + 1)]) },
  };
}

/** Trailers of the last paragraph, in order; empty when that paragraph holds anything else. */
export function parseTrailers(message: string): ReadonlyMap<string, readonly string[]> {
  const last = message.trimEnd().split(/\n{2,}/).at(-1) ?? '';
  const trailers = new Map<string, string[]>();
  if (!message.trimEnd().includes('\n\n')) return trailers;
  for (const line of last.split('\n')) {
    const match = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return new Map();
    trailers.set(match[1], [...(trailers.get(match[1]) ?? []), match[2]]);
  }
  return trailers;
}
