import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { below, pick, type Random } from '../../api/testing/fuzz-git.ts';
import { mutateYaml } from './mutate-yaml.ts';

/** What is played; objects have ids that differ in each run, so a seed says all. */
export interface Seed {
  readonly seed: number;
}

export function makeSeed(random: Random): Seed {
  return { seed: below(random, 2 ** 32) };
}

export interface RawObject {
  readonly type: 'commit' | 'tree' | 'blob';
  readonly content: Buffer;
}

interface Entry {
  readonly mode: string;
  readonly name: Buffer;
  readonly oid: Buffer;
}

/** The trees from the root down to one folder, and a file there. */
export interface Base {
  readonly commit: string;
  /** When it was made, as Git writes it: what stands on it may not be long before it. */
  readonly date: string;
  readonly trees: readonly { readonly name: string; readonly content: Buffer }[];
  readonly file: string;
  readonly text: Buffer;
}

export interface Mutated {
  readonly objects: readonly RawObject[];
  readonly tip: string;
  /** Only what is below the last tree differs, and the commit is as it should be. */
  readonly contained: boolean;
}

function idOf({ type, content }: RawObject): string {
  return hash('sha1', Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]), 'hex');
}

const modes = ['', '0', '40000', '040000', '100644', '100664', '100755', '100600', '120000', '160000', '777777', '1006444', 'x', '-1', '100644 '];
const names = ['', '.', '..', '.git', '.GIT', 'git~1', '.gitmodules', '.gitattributes', 'a/b', '/', '../x', 'x'.repeat(300), 'x'.repeat(5000), '__proto__', 'constructor', '\u202e', '\u0001', '\n', '"', '\\', ' ', 'tenants', 'tenant.yaml', 'é', 'e\u0301', 'CON', '-x'].map((name) => Buffer.from(name));
const notUtf8 = Buffer.from([0xff, 0xfe, 0x80]);

const ofEntries: readonly ((entries: readonly Entry[], random: Random, base: Base) => readonly Entry[])[] = [
  (entries, random) => edited(entries, random, (entry) => ({ ...entry, mode: pick(random, modes) })),
  (entries, random) => edited(entries, random, (entry) => ({ ...entry, name: pick(random, [...names, notUtf8]) })),
  (entries, random) => [...entries, { mode: pick(random, modes), name: pick(random, [...names, notUtf8]), oid: pick(random, entries)?.oid ?? Buffer.alloc(20) }],
  (entries, random) => [...entries, pick(random, entries)],
  (entries) => entries.toReversed(),
  (entries, random) => entries.toSpliced(below(random, entries.length), 1),
  (entries, random) => edited(entries, random, (entry) => ({ ...entry, oid: pick(random, entries).oid })),
  (entries, random, base) => edited(entries, random, (entry) => ({ ...entry, oid: pick(random, [Buffer.alloc(20), Buffer.alloc(20, 0xff), Buffer.from(base.commit, 'hex')]) })),
  (entries, random) => edited(entries, random, (entry) => ({ ...entry, name: Buffer.concat([entry.name, Buffer.from(pick(random, ['.yaml', ' ', '/', '~', '.lock']))]) })),
  () => [],
];

const ofBytes: readonly ((raw: Buffer, random: Random) => Buffer)[] = [
  (raw, random) => raw.subarray(0, below(random, raw.length + 1)),
  (raw, random) => {
    const copy = Buffer.from(raw);
    if (copy.length > 0) copy[below(random, copy.length)] = below(random, 256);
    return copy;
  },
  (raw) => Buffer.concat([raw, Buffer.from('100644 x')]),
  (_raw, random) => Buffer.from(Array.from({ length: below(random, 100) }, () => below(random, 256))),
];

type Lines = readonly string[];
const dates = ['-1', '0', '1', '99999999999', '253402300800', '8640000000001', '9223372036854775807', '99999999999999999999999', '1e9', 'NaN', '', 'x'];
const people = ['A <a@acme.example>', '<>', 'A', 'A <a', 'A <a@x> <b@x>', `${'x'.repeat(2000)} <x>`, 'usr_op3rat0r00000001 <>', '\u0001 <\u202e>', ' '];
const messages = [
  '', '\n', 'x', 'Subject\n\nRequest-Id: \n', 'Subject\n\nQuarantined: ../.. x\nSource-Commit: x\nSynth-Version: \n', 'Subject\n\nCameleer-Tenant: ../..\nCameleer-Actor: \nCameleer-Door: door\nCameleer-Action: x y\n', 'S\n\nApproved-By: usr_x\nApproved-By: usr_x\nPlan-Hash: sha256:0\nChange-Request: -1\n',
  'Revert "x"\n\nThis reverts commit 0000000000000000000000000000000000000000.\n', 'S\n\n__proto__: x\nconstructor: y\n', `S\n\n${'Request-Id: x\n'.repeat(3000)}`, 'x'.repeat(100_000), '\u0000\u0001', 'S\r\n\r\nA: b\r\n', 'S\n\nRequest-Id: test-1\nCameleer-Actor: platform.seed\n',
];
const signatures = ['gpgsig x', 'gpgsig ', 'gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----', 'gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lHAAAAAf////8AAAAA\n -----END SSH SIGNATURE-----', 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----', 'gpgsig-sha256 x', 'encoding latin1', 'encoding x', 'mergetag object x', ' continued', 'x'];

const ofCommit: readonly ((lines: Lines, random: Random, base: Base) => Lines)[] = [
  (lines, random) => withLine(lines, 'committer', `committer ${pick(random, people)} ${pick(random, dates)} ${pick(random, ['+0000', '+9999', '-1400', '', 'x'])}`),
  (lines, random) => withLine(lines, 'committer', `committer A <a@acme.example> ${pick(random, dates)} +0000`),
  (lines, random) => withLine(lines, 'author', `author ${pick(random, people)} ${pick(random, dates)} ${pick(random, ['+0000', '+9999', '', 'x'])}`),
  (lines, random, { commit }) => withLine(lines, 'parent', pick(random, ['parent', `parent ${'0'.repeat(40)}`, `parent ${'f'.repeat(40)}`, `parent ${commit}x`, `parent ${commit}\nparent ${commit}`, Array.from({ length: 300 }, () => `parent ${commit}`).join('\n'), 'parent x'])),
  (lines, random, { commit }) => withLine(lines, 'tree', pick(random, ['tree', `tree ${'0'.repeat(40)}`, `tree ${commit}`, 'tree x', `tree ${'f'.repeat(40)}`, 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904'])),
  (lines, random) => lines.toSpliced(below(random, lines.length), 1),
  (lines, random) => lines.toSpliced(below(random, lines.length), 0, pick(random, signatures)),
  (lines) => lines.toReversed(),
];

/** A commit on the base whose trees, file, or own bytes are not as Git makes them. */
export function mutateObjects(base: Base, random: Random): Mutated {
  const objects: RawObject[] = [];
  const add = (object: RawObject): Buffer => {
    objects.push(object);
    return Buffer.from(idOf(object), 'hex');
  };
  const what = pick(random, ['file', 'tree', 'tree', 'tree', 'commit', 'commit'] as const);
  // Mostly the innermost: the further up, the more is simply gone.
  const level = what === 'tree' && random() < 0.3 ? below(random, base.trees.length) : base.trees.length - 1;
  let child: { readonly name: string; readonly oid: Buffer } | undefined;
  if (what === 'file') child = { name: base.file, oid: add({ type: 'blob', content: mutateYaml(base.text, random) }) };
  for (const [at, tree] of [...base.trees.entries()].reverse()) {
    if (at > level) continue;
    const content = child === undefined ? tree.content : replaced(tree.content, child.name, child.oid);
    child = { name: tree.name, oid: add({ type: 'tree', content: what === 'tree' && at === level ? mutateTree(content, random, { base, add }) : content }) };
  }
  const tree = child?.oid.toString('hex') ?? '';
  const lines = [`tree ${tree}`, `parent ${base.commit}`, `author Op <op@acme.example> ${base.date}`, `committer Op <op@acme.example> ${base.date}`];
  const message = what === 'commit' && random() < 0.5 ? pick(random, messages) : 'Change by hand\n';
  const header = what === 'commit' && message === 'Change by hand\n' ? pick(random, ofCommit)(lines, random, base) : lines;
  let content: Buffer = Buffer.from(`${header.join('\n')}\n${random() < 0.02 ? '' : '\n'}${message}`);
  if (what === 'commit' && random() < 0.1) content = pick(random, ofBytes)(content, random);
  const tip = add({ type: 'commit', content }).toString('hex');
  return { objects, tip, contained: what === 'file' || (what === 'tree' && level === base.trees.length - 1) };
}

function mutateTree(raw: Buffer, random: Random, { base, add }: { readonly base: Base; readonly add: (object: RawObject) => Buffer }): Buffer {
  const chance = random();
  if (chance < 0.15) return pick(random, ofBytes)(raw, random);
  const entries = decode(raw);
  if (chance < 0.17) {
    const [first] = entries;
    return encode(Array.from({ length: 10_000 }, (_, index) => ({ mode: '100644', name: Buffer.from(`x${String(index).padStart(5, '0')}.yaml`), oid: first?.oid ?? Buffer.alloc(20) })));
  }
  if (chance < 0.19) {
    let oid = add({ type: 'blob', content: Buffer.from('x\n') });
    for (let depth = 0; depth < 500; depth += 1) oid = add({ type: 'tree', content: encode([{ mode: depth === 0 ? '100644' : '40000', name: Buffer.from('d'), oid }]) });
    return encode([...entries, { mode: '40000', name: Buffer.from('deep'), oid }]);
  }
  return encode(pick(random, ofEntries)(entries, random, base));
}

function edited(entries: readonly Entry[], random: Random, change: (entry: Entry) => Entry): readonly Entry[] {
  if (entries.length === 0) return entries;
  const at = below(random, entries.length);
  return entries.map((entry, index) => (index === at ? change(entry) : entry));
}

function withLine(lines: Lines, name: string, line: string): Lines {
  return lines.map((each) => (each.startsWith(`${name} `) ? line : each));
}

function decode(raw: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < raw.length;) {
    const space = raw.indexOf(0x20, at);
    const end = raw.indexOf(0, space);
    entries.push({ mode: raw.toString('latin1', at, space), name: raw.subarray(space + 1, end), oid: raw.subarray(end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

function encode(entries: readonly Entry[]): Buffer {
  return Buffer.concat(entries.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} `), name, Buffer.from([0]), oid]));
}

function replaced(raw: Buffer, name: string, oid: Buffer): Buffer {
  return encode(decode(raw).map((entry) => ({ mode: entry.mode, name: entry.name, oid: entry.name.toString() === name ? oid : entry.oid })));
}

/** As `git hash-object --literally -w` would, at a hundredth of its time. */
export function writeLoose(repository: string, objects: readonly RawObject[]): void {
  for (const object of objects) {
    const oid = idOf(object);
    const folder = join(repository, 'objects', oid.slice(0, 2));
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(join(folder, oid.slice(2)), deflateSync(Buffer.concat([Buffer.from(`${object.type} ${object.content.length}\0`), object.content])), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

const packTypes = { commit: 1, tree: 2, blob: 3 } as const;

/** The objects as git sends them. */
export function packOf(objects: readonly RawObject[]): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const pack = Buffer.concat([head, ...objects.flatMap(({ type, content }) => [sizeHeader(packTypes[type], content.length), deflateSync(content)])]);
  return Buffer.concat([pack, hash('sha1', pack, 'buffer')]);
}

function sizeHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let rest = size >> 4;
  let byte = (type << 4) | (size & 15);
  for (; rest > 0; rest >>= 7) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  return Buffer.from([...bytes, byte]);
}

/** Reads the trees on the way to a file, as `main` of the repository has it. */
export function readBase(repository: string, path: string): Base {
  const git = (args: readonly string[]) => execFileSync('git', ['-C', repository, ...args], { maxBuffer: 1 << 28 });
  const folders = path.split('/').slice(0, -1);
  const at = (depth: number) => folders.slice(0, depth).join('/');
  const trees = Array.from({ length: folders.length + 1 }, (_, depth) => ({
    name: depth === 0 ? '' : (folders[depth - 1] ?? ''),
    content: git(['cat-file', 'tree', git(['rev-parse', `main:${at(depth)}`]).toString().trim()]),
  }));
  return { commit: git(['rev-parse', 'main']).toString().trim(), date: git(['show', '--no-patch', '--date=raw', '--format=%cd', 'main']).toString().trim(), trees, file: path.slice(path.lastIndexOf('/') + 1), text: git(['cat-file', 'blob', `main:${path}`]) };
}
