import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compareProblems } from '../problem.ts';
import { rawFile } from '../testing/example-state.ts';
import { loadFile, MAX_FILE_BYTES } from './load-file.ts';
import { Positions } from './positions.ts';

const ref = { kind: 'AppDeployment', tenant: 'acme', environment: 'dev', name: 'orders' } as const;
const path = 'tenants/ac/acme/environments/dev/apps/orders.yaml';
const good = 'apiVersion: cameleer.io/v1\nkind: AppDeployment\nmetadata:\n  name: orders\nspec:\n  release: v1\n';

function problemsOf(content: string | Uint8Array): string[] {
  return [...loadFile(rawFile(path, content), ref).problems].sort(compareProblems).map((each) => `${each.line}:${each.column} ${each.code} ${each.pointer}`);
}

describe('loadFile', () => {
  it('answers with the object, its text and positions', () => {
    const { loaded } = loadFile(rawFile(path, good), ref);
    expect(loaded?.object.spec).toEqual({ release: 'v1' });
    expect(loaded?.text).toBe(good);
    expect(loaded?.locate('/spec/release')).toEqual({ line: 6, column: 12, pointer: '/spec/release' });
    expect(loaded?.locate('/spec/env/A')).toEqual({ line: 6, column: 3, pointer: '/spec/env/A' });
  });

  it.each<[string, string | Uint8Array, string[]]>([
    ['an empty file', '', ['1:1 file_empty ']],
    ['only a comment', '# later\n', ['1:1 file_empty ']],
    ['a scalar', 'hello', ['1:1 field_type ']],
    ['a duplicate key', `${good}  release: v2\n`, ['7:3 duplicate_key /spec/release']],
    ['a duplicate key in another writing', `${good}  "release": v2\n`, ['7:3 duplicate_key /spec/release']],
    ['an unknown field', `${good}  replica: 2\n`, ['7:3 field_unknown /spec/replica']],
    ['a number for text', `${good}  env:\n    A: 1\n`, ['8:8 field_type /spec/env/A']],
    ['a name with a slash', `${good}  env:\n    a/b: x\n`, ['8:5 field_name /spec/env/a~1b']],
    ['a wrong name', good.replace('name: orders', 'name: order'), ['4:9 name_mismatch /metadata/name']],
    ['a wrong kind', good.replace('AppDeployment', 'Hold'), ['2:7 kind_wrong /kind']],
    ['a tab', good.replace('  release', '\trelease'), ['6:1 yaml_tab ']],
    ['a BOM', `\uFEFF${good}`, ['1:1 byte_order_mark ']],
    ['two documents', `${good}---\n${good}`, ['7:1 several_documents ']],
    ['an alias', `${good}  env: &e {A: x}\n  properties: *e\n`, ['8:15 alias_forbidden /spec/properties']],
    ['an alias bomb', 'a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n', ['2:8 alias_forbidden /b/0', '2:12 alias_forbidden /b/1', '3:5 alias_forbidden /c/0', '3:9 alias_forbidden /c/1']],
    ['a merge key', `${good}  env: &e {A: x}\n  properties:\n    <<: *e\n`, ['9:9 alias_forbidden /spec/properties/<<']],
    ['a tag', good.replace(': v1\n', ': !!js/function v1\n'), ['6:12 tag_unknown ']],
    ['a prototype', `${good}  env: {__proto__: x}\n`, ['7:9 field_name /spec/env/__proto__']],
    ['a list as a name', `${good}? [a]\n: b\n`, ['7:3 field_name ']],
    ['a control character', good.replace(': v1', ': v\u00001'), ['6:13 control_character ']],
    ['a carriage return alone, which ends a line elsewhere', `# a\rspec: {}\n${good}`, ['1:4 control_character ']],
    ['a line separator in a comment', `# a\u2028spec: {}\n${good}`, ['1:4 control_character ']],
    ['a paragraph separator in a comment', `# a\u2029spec: {}\n${good}`, ['1:4 control_character ']],
    ['a next-line character in a comment', `# a\u0085spec: {}\n${good}`, ['1:4 control_character ']],
    ['a BOM inside', `# a\uFEFF\n${good}`, ['1:4 control_character ']],
    ['an escaped control character in a value', `${good}  env: {A: "x\\0"}\n`, ['7:12 control_character /spec/env/A']],
    ['an escape sequence for a terminal', `${good}  env: {A: "\\e[2J"}\n`, ['7:12 control_character /spec/env/A']],
    ['an escaped control character in a name', `${good}  env: {"A\\0": x}\n`, ['7:9 control_character /spec/env']],
    ['a text that shows in another order than it holds', `${good}  env: {A: "a\u202Eb"}\n`, ['7:14 control_character ']],
    ['half of a pair of UTF-16 in a value', `${good}  env: {A: "a\\uD800b"}\n`, ['7:12 control_character /spec/env/A']],
    ['half of a pair of UTF-16 in a name', `${good}  env: {"A\\uDFFF": x}\n`, ['7:9 control_character /spec/env']],
    ['the same as an escape', `${good}  env: {A: "\\u2066"}\n`, ['7:12 control_character /spec/env/A']],
    ['a YAML directive', `%YAML 1.1\n---\n${good}`, ['1:1 directive_forbidden ']],
    ['a tag directive', `# a\n%TAG ! tag:a,2000:\n---\n${good}`, ['2:1 directive_forbidden ']],
    ['Latin-1', new Uint8Array([...new TextEncoder().encode(`${good}# `), 0xe9, 0x0a]), ['7:3 not_utf8 ']],
    ['UTF-16', new Uint8Array(Buffer.from(good, 'utf16le')), ['1:2 control_character ']],
    ['an open bracket', good.replace('spec:', 'spec: ['), ['5:7 yaml_syntax ']],
    ['an open brace', `${good}  env: {A: x\n  replicas: 1\n`, ['7:8 yaml_syntax ']],
    ['a bracket that closes nothing', good.replace('spec:', 'spec: ]'), ['5:7 yaml_syntax ']],
    ['a first line that is indented', ` ${good}`, ['2:1 yaml_syntax ']],
    ['a space of another kind', good.replace('release: v1', 'release:\u00A0v1\n  replicas: 1'), ['6:11 yaml_syntax ']],
    ['an open quote', good.replace(': v1', ': "v1'), ['7:1 yaml_syntax ']],
    ['a union that fits no branch', good.replace('AppDeployment', 'AppDeployment # x').replace('release: v1', 'release: v1\n  replicas: many'), ['7:13 field_type /spec/replicas']],
    ['an impossible date', `${good}  restartedAt: "2026-02-30T00:00:00Z"\n`, ['7:16 field_format /spec/restartedAt']],
  ])('finds %s', (_name, content, expected) => {
    expect(problemsOf(content)).toEqual(expected);
  });

  it.each(['  key: |hunter2\n', '  key: ]\n  other: hunter2\n', '  "key": "x" hunter2\n', '  - hunter2\n  key: x\n', '  key: [hunter2\n', '  key:\u00A0hunter2\n  other: x\n', '  key:\n', '  key: hünter2\n'])('never repeats what may be a secret in clear: %j', (text) => {
    const secret = { kind: 'Secret', tenant: 'acme', environment: 'dev', name: 'orders-db' } as const;
    const { problems } = loadFile(rawFile('tenants/ac/acme/environments/dev/secrets/orders-db.yaml', `apiVersion: v1\nkind: Secret\nmetadata:\n  name: orders-db\n  namespace: t-acme--dev\nstringData:\n${text}`), secret);
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toMatch(/h[uü]nter2/);
  });

  it('takes Windows line ends, tabs and line breaks in text', () => {
    expect(problemsOf(`${good}  env: {A: "a\\tb\\r\\nc"}\n`.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it.each(['symlink', 'submodule'] as const)('refuses a %s unread', (mode) => {
    expect(loadFile(rawFile(path, good, mode), ref).problems[0]?.code).toBe(`${mode}_forbidden`);
  });

  it('accepts an executable file: the bit means nothing here', () => {
    expect(loadFile(rawFile(path, good, 'executable'), ref).problems).toEqual([]);
  });

  it('refuses a file over the limit, and takes one at it', () => {
    const padded = `${good}#${'x'.repeat(MAX_FILE_BYTES - good.length - 2)}\n`;
    expect(loadFile(rawFile(path, padded), ref).problems).toEqual([]);
    expect(loadFile(rawFile(path, `${padded} `), ref).problems[0]?.code).toBe('file_too_large');
  });

  it('collects at most a hundred problems of one file', () => {
    const many = `${good}${Array.from({ length: 500 }, (_, index) => `  f${index}: 1\n`).join('')}`;
    const { problems } = loadFile(rawFile(path, many), ref);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.code).toBe('too_many_problems');
  });

  it('gives deep nesting back as a problem', () => {
    for (const content of ['['.repeat(60_000), '{a: '.repeat(4000), Array.from({ length: 500 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')]) expect(problemsOf(content).length).toBeGreaterThan(0);
    // Here the library's stack ends.
    expect(problemsOf(`${'- '.repeat(20_000)}x\ny: z\n`)).toEqual(['1:1 too_deep ']);
  });

  it.each([
    ['commas', `[${','.repeat(MAX_FILE_BYTES - 2)}]`], ['closing brackets', ']'.repeat(MAX_FILE_BYTES)], ['opening brackets', '['.repeat(MAX_FILE_BYTES)], ['aliases', '*\n'.repeat(MAX_FILE_BYTES / 2)], ['quotes', '"\n'.repeat(MAX_FILE_BYTES / 2)],
    ['items', '- a\n'.repeat(MAX_FILE_BYTES / 4)], ['fields', Array.from({ length: 90_000 }, (_, index) => `k${index}: 1\n`).join('')], ['empty lines', `a: b\n${'\n'.repeat(MAX_FILE_BYTES - 5)}`],
  ])('refuses a mebibyte of %s before it takes the time and memory of reading them', (_what, content) => {
    const began = process.cpuUsage();
    expect(problemsOf(content)).toEqual(['1:1 too_complex ']);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(1_000);
  });

  it('takes a large file of few pieces', () => {
    const text = `${good}  env:\n${Array.from({ length: 60 }, (_, index) => `    A${index}: "${'x'.repeat(16_000)}"\n`).join('')}`;
    expect(problemsOf(text).filter((problem) => problem.includes('too_complex'))).toEqual([]);
  });

  it('has positions in the file, and at least one problem or an object, for any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(text)),
      fc.array(fc.constantFrom('a', ': ', '\n', '  ', '- ', '[', ']', '{', '}', '"', "'", '&a ', '*a', '!', '|', '>', '#', '---\n', '...', '?', ',', '\t', '%', '@', '`', 'spec', 'kind', '\r\n', '0', '~', '<<'), { maxLength: 60 }).map((parts) => new TextEncoder().encode(parts.join(''))),
      fc.tuple(fc.nat(good.length), fc.string({ maxLength: 3 })).map(([at, text]) => new TextEncoder().encode(good.slice(0, at) + text + good.slice(at + 1))),
    );
    fc.assert(fc.property(bytes, (content) => {
      const { loaded, problems } = loadFile(rawFile(path, content), ref);
      expect(loaded === undefined).toBe(problems.length > 0);
      const lines = new TextDecoder().decode(content).split('\n');
      for (const { line, column } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      }
    }), { numRuns: 1000 });
  });
});

describe('locate', () => {
  const key = fc.stringMatching(/^[A-Za-z~/ .]{1,6}$/);
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof({ maxDepth: 4 }, fc.nat(999_999).map((number) => `v${number}`), fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(key, tie('node'), { maxKeys: 4 })),
  })).node;

  it('finds every scalar where it stands', () => {
    fc.assert(fc.property(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }), fc.boolean(), (properties, flow) => {
      const text = stringify(properties, flow ? { collectionStyle: 'flow' } : {});
      const positions = new Positions(text);
      const lines = text.split('\n');
      for (const [pointer, leaf] of leaves(properties, '')) {
        const { line, column } = positions.locate(pointer);
        expect((lines[line - 1] ?? '').slice(column - 1).startsWith(leaf)).toBe(true);
      }
    }));
  });
});

function* leaves(value: unknown, pointer: string): Iterable<[string, string]> {
  if (typeof value === 'string') yield [pointer, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(value)) yield* leaves(child, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}
