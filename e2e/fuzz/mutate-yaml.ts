import { below, pick, type Random } from '../../api/testing/fuzz-git.ts';

type Edit = (text: Buffer, random: Random) => Buffer;

const scalars = [
  '~', 'null', '', 'yes', 'NO', 'on', 'true', 'True', '0', '-0', '08', '0o17', '0x1F', '1_000', '1e3', '1e999', '-1', '.inf', '.NaN', '9007199254740993', '99999999999999999999999',
  '2026-11-20', '2026-11-20T12:00:00Z', '12:30:45', '1.10', '!!binary aGk=', '!!str 1', '!!js/function x', '!<tag:yaml.org,2002:int> 1', '&a b', '*a', '<<', '"\\u0000"', '"\\ud800"', '"\\u202e"', "''", '[]', '{}', '[1, [2]]',
  '{a: {b: c}}', '|\n  x', '>-\n  x', '? x', '- x', '@x', '`x`', '%x', '#x', '__proto__', 'constructor', 'toString', '../../etc/passwd', '$(id)', '{{ x }}', '"', "'", ': ', 'acme', 'usr_op3rat0r00000001', 'é', '\u{1f600}', '\u2028', '\ufeff', '\u0007', '\u202e',
];
const lines = ['---', '...', '%YAML 1.1', '%TAG ! tag:x,2000:', '<<: *a', '<<: {a: b}', '? [a, b]\n: c', '__proto__: {x: 1}', 'constructor: 1', 'status: {}', '\tx: 1', '# \u2028kind: Role', 'kind: Role', 'kind: Tenant', 'spec:', 'spec: []', 'metadata: {name: x}', 'apiVersion: cameleer.io/v2', '- ', ': ', '? ', '&x', '*x', '!x', ']', '}', '"'];
const huge: readonly ((size: number) => string)[] = [
  (size) => 'x'.repeat(size), (size) => `"${'\\n'.repeat(size >> 1)}"`, (size) => '['.repeat(size), (size) => '{a: '.repeat(size >> 2), (size) => '- '.repeat(size >> 1), (size) => `[${'a,'.repeat(size >> 1)}]`, (size) => '\n'.repeat(size), (size) => ']'.repeat(size), (size) => '*a\n'.repeat(size / 3),
  (size) => Array.from({ length: size / 8 }, (_, index) => `k${index}: 1`).join('\n'), (size) => 'k: 1\n'.repeat(size / 5), (size) => `|\n${'  x\n'.repeat(size >> 2)}`, (size) => '# x\n'.repeat(size >> 2), (size) => '1'.repeat(size), (size) => Array.from({ length: Math.min(1400, size >> 4) }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
];

/** Entries that stand at a sound place, and mean something else to each reader, or nothing good to any. */
const entries = ['__proto__: x', '__proto__: {x: 1}', '__proto__: []', '"__proto__": x', '"__pr\\u006fto__":', '? __proto__\n: x', '"a\\u0007": x', "'\u202e': x", '"a\\x1b[2Jb": "c"', 'constructor: x', '1: x', '0x1F: x', '~: x', '"": x', 'true: x', '"a b": x'];
const escapes = ['\\0', '\\a', '\\b', '\\e', '\\x7f', '\\N', '\\u0007', '\\u009b', '\\u202e', '\\U00002066', '\\t', '\\L', '\\_'];
/** So deep that the library's stack ends when the next line goes back. */
const deep: readonly ((depth: number) => string)[] = [(depth) => '- '.repeat(depth), (depth) => '? '.repeat(depth), (depth) => '- ? '.repeat(depth >> 1), (depth) => '{? '.repeat(depth >> 1)];

const edits: readonly Edit[] = [
  (text, random) => {
    const copy = Buffer.from(text);
    for (let count = 1 + below(random, 4); count > 0 && copy.length > 0; count -= 1) copy[below(random, copy.length)] = below(random, 256);
    return copy;
  },
  (text, random) => text.subarray(0, below(random, text.length + 1)),
  (text, random) => insert(text, random, Buffer.from(pick(random, ['\u0000', '\t', '\r', '\r\n', '\u0085', '\u2028', '\u202e', '\ufeff', '\ufffe', '\u00a0', '"', "'", ': ', '#', '\n', '- ', '&a ', '*a ', '!!int ', '{', '}', '[', ']', '|', '>', '%', '`', '@']))),
  (text, random) => insert(text, random, Buffer.from([pick(random, [0x80, 0xc0, 0xed, 0xf5, 0xff]), below(random, 256)])),
  (text, random) => ofLines(text, (all) => all.toSpliced(below(random, all.length), 1)),
  (text, random) => ofLines(text, (all) => all.toSpliced(below(random, all.length), 0, pick(random, all))),
  (text, random) => ofLines(text, (all) => all.toSpliced(below(random, all.length + 1), 0, `${' '.repeat(2 * below(random, 4))}${pick(random, lines)}`)),
  (text, random) => ofLines(text, (all) => all.with(below(random, all.length), '')),
  (text, random) => ofLines(text, (all) => {
    const at = below(random, all.length);
    return all.with(at, pick(random, [`  ${all[at]}`, (all[at] ?? '').trimStart(), ` ${all[at]}`, `\t${all[at]}`, `${all[at]}\r`]));
  }),
  (text, random) => withScalar(text, random, pick(random, scalars)),
  (text, random) => withScalar(text, random, pick(random, scalars)),
  (text, random) => withScalar(text, random, pick(random, huge)(pick(random, [40, 100, 1000, 1000, 10_000]))),
  (text, random) => ofLines(text, (all) => {
    const at = below(random, all.length);
    return all.with(at, (all[at] ?? '').replace(/[A-Za-z]+(?=:)/, () => pick(random, ['__proto__', 'constructor', 'hasOwnProperty', 'x', 'null', '1', '"a\\u0000"', 'kind', 'name', '? a', '<<'])));
  }),
  (text, random) => ofLines(text, (all) => {
    const at = below(random, all.length);
    const indent = /^ */.exec(all[at] ?? '')?.[0] ?? '';
    return all.toSpliced(at, 0, ...Buffer.from(pick(random, entries)).toString('latin1').split('\n').map((line) => `${indent}${line}`));
  }),
  (text, random) => ofLines(text, (all) => {
    const at = below(random, all.length);
    return all.with(at, (all[at] ?? '').replace(/(: |- )([\w ./-]+)$/, (_whole, before: string, value: string) => `${before}"${value}${pick(random, escapes)}"`));
  }),
  (text, random) => ofLines(text, (all) => all.toSpliced(below(random, all.length + 1), 0, `${' '.repeat(2 * below(random, 4))}${pick(random, deep)(pick(random, [20, 60, 6000, 12_000]))}x`)),
  (text) => Buffer.from(text.toString().replaceAll('\n', '\r\n')),
  (text) => Buffer.concat([Buffer.from('\ufeff'), text]),
  (text) => Buffer.from(text.toString(), 'utf16le'),
  (text) => Buffer.concat([text, Buffer.from('---\n'), text]),
  (text) => Buffer.from(JSON.stringify(text.toString())),
  (_text, random) => Buffer.from(Array.from({ length: below(random, 200) }, () => below(random, 256))),
  (text) => Buffer.from(text.toString().replaceAll(/(\d+)/g, '"$1"')),
  () => Buffer.alloc(0),
];
/** As large as a file may be: seldom, for they take the time of hundreds. */
const large: Edit = (text, random) => withScalar(text, random, pick(random, huge)(1024 * 1024 - 2 * text.length));

/** A file of the state as nobody should write it. */
export function mutateYaml(text: Buffer, random: Random): Buffer {
  if (random() < 0.002) return large(text, random);
  let mutated = text;
  for (let count = pick(random, [1, 1, 1, 2, 3]); count > 0; count -= 1) mutated = pick(random, edits)(mutated, random);
  return mutated;
}

const values: readonly unknown[] = [null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', 'x', '\u0000', '\u202e', '\ud800', 'true', '1', '2026-11-20', [], {}, [null], [[[]]], { x: 1 }, 'x'.repeat(3000), '../x', '*', JSON.parse('{"__proto__": {"x": 1}}')];

/** A value of JSON in which one or more places hold something else. */
export function mutateJson(value: unknown, random: Random): unknown {
  const chance = random();
  if (chance < 0.12 || typeof value !== 'object' || value === null) return chance < 0.7 ? pick(random, values) : value;
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    if (items.length === 0 || chance < 0.3) return [...items, pick(random, values)];
    return items.with(below(random, items.length), mutateJson(pick(random, items), random));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || chance < 0.25) return Object.fromEntries([...entries, [pick(random, ['x', '__proto__', 'status', 'name', 'spec', '']), pick(random, values)]]);
  const at = below(random, entries.length);
  const [name, old] = entries[at] ?? ['x', undefined];
  if (chance < 0.35) return Object.fromEntries(entries.toSpliced(at, 1));
  return Object.fromEntries(entries.with(at, [name, mutateJson(old, random)]));
}

function insert(text: Buffer, random: Random, piece: Buffer): Buffer {
  const at = below(random, text.length + 1);
  return Buffer.concat([text.subarray(0, at), piece, text.subarray(at)]);
}

function ofLines(text: Buffer, change: (lines: readonly string[]) => readonly string[]): Buffer {
  return Buffer.from(change(text.toString('latin1').split('\n')).join('\n'), 'latin1');
}

function withScalar(text: Buffer, random: Random, scalar: string): Buffer {
  return ofLines(text, (all) => {
    const at = below(random, all.length);
    const written = Buffer.from(scalar).toString('latin1');
    return all.with(at, (all[at] ?? '').replace(/(: |- ).*$/, (_whole, before: string) => `${before}${written}`));
  });
}
