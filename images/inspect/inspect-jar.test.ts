import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JarLimits } from '../jar-limits.ts';
import { camelMainEntries, manifest, springBootEntries } from '../testing/make-jar.ts';
import { makeZip, type ZipInput } from '../testing/make-zip.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { inspectJar } from './inspect-jar.ts';
import type { Inspection } from './inspection.ts';

async function inspect(jar: Buffer, limits: Partial<JarLimits> = {}): Promise<Inspection> {
  const path = join(await temporaryDirectory(), 'a.jar');
  await writeFile(path, jar);
  return inspectJar(path, limits);
}

const good = camelMainEntries();
const withEntry = (entry: ZipInput): Buffer => makeZip([...good, entry]);
const nested = (depth: number): ZipInput => ({ name: 'lib/inner.jar', stored: true, content: makeZip(depth === 0 ? [{ name: 'A.class', content: 'a' }] : [nested(depth - 1)]) });
const intact = makeZip(good);

test('Camel Main: version from Maven\'s properties, components, YAML routes', async () => {
  expect(await inspect(intact)).toMatchObject({
    kind: 'camel-main', mainClass: 'com.acme.Orders', launch: 'classpath', camelVersion: '4.18.0', components: ['seda', 'timer'], routeFiles: ['camel/orders.camel.yaml'], jvmFlags: [],
  });
});

test('Spring Boot: Start-Class, version from a library\'s name, components of nested JARs, class path in the index\'s order', async () => {
  const inspection = await inspect(makeZip(springBootEntries()));
  expect(inspection).toMatchObject({ kind: 'spring-boot', mainClass: 'com.acme.Billing', launch: 'classpath', camelVersion: '4.18.0', components: ['direct'], routeFiles: ['camel/invoices.yaml'] });
  expect(inspection.boot?.classPath.map((name) => name.split('/').at(-1))).toEqual(['zlib-1.0.jar', 'ours-1.0-SNAPSHOT.jar', 'camel-api-4.18.0.jar']);
});

test.each<[string, Readonly<Record<string, string>>, Partial<Inspection>]>([
  ['a Quarkus uber-jar', { 'Main-Class': 'io.quarkus.runner.GeneratedMain' }, { kind: 'quarkus', launch: 'classpath', mainClass: 'io.quarkus.runner.GeneratedMain' }],
  ['any other program', { 'Main-Class': 'com.acme.Tool' }, { kind: 'plain', launch: 'classpath' }],
  ['a manifest that opens packages', { 'Main-Class': 'com.acme.Tool', 'Add-Opens': 'java.base/java.lang java.base/java.util' }, { launch: 'classpath', jvmFlags: ['--add-opens=java.base/java.lang=ALL-UNNAMED', '--add-opens=java.base/java.util=ALL-UNNAMED'] }],
  ['an agent in the manifest, which only -jar starts', { 'Main-Class': 'com.acme.Tool', 'Launcher-Agent-Class': 'com.acme.Agent' }, { launch: 'jar' }],
  ['a Spring Boot war', { 'Main-Class': 'org.springframework.boot.loader.launch.WarLauncher', 'Start-Class': 'com.acme.War', 'Spring-Boot-Classes': 'WEB-INF/classes/' }, { kind: 'spring-boot', launch: 'jar', mainClass: 'org.springframework.boot.loader.launch.WarLauncher' }],
])('recognises %s', async (_case, attributes, expected) => {
  const main = `${attributes['Main-Class']!.replaceAll('.', '/')}.class`;
  expect(await inspect(makeZip([manifest(attributes), { name: main, content: 'a' }]))).toMatchObject(expected);
});

test('a library whose name a class path would split: starts by -jar', async () => {
  expect(await inspect(makeZip([...springBootEntries(), { name: 'BOOT-INF/lib/a:b.jar', content: 'x', stored: true }]))).toMatchObject({ kind: 'spring-boot', launch: 'jar', mainClass: 'org.springframework.boot.loader.launch.JarLauncher' });
});

test.each([
  ['in a library of Spring Boot', [...springBootEntries().filter(({ name }) => !name.endsWith('/Billing.class')), { name: 'BOOT-INF/lib/app.jar', stored: true, content: makeZip([{ name: 'com/acme/Billing.class', content: 'a' }]) }], 'com.acme.Billing'],
  ['for newer Java only', [manifest({ 'Main-Class': 'com.acme.New', 'Multi-Release': 'true' }), { name: 'META-INF/versions/21/com/acme/New.class', content: 'a' }], 'com.acme.New'],
])('finds the main class %s', async (_case, entries, mainClass) => {
  expect((await inspect(makeZip(entries))).mainClass).toBe(mainClass);
});

test('joins a manifest\'s continued lines', async () => {
  const text = 'Manifest-Version: 1.0\r\nMain-Class: com.acme.with.a.long.\r\n name.Main\r\n\r\nName: section\r\nMain-Class: wrong\r\n';
  const main = { name: 'com/acme/with/a/long/name/Main.class', content: 'a' };
  expect((await inspect(makeZip([{ name: 'META-INF/MANIFEST.MF', content: text }, main]))).mainClass).toBe('com.acme.with.a.long.name.Main');
});

test('reads an entry that is compressed and larger than a chunk', async () => {
  const large = withEntry({ name: 'META-INF/services/org/apache/camel/component/large', content: Buffer.alloc(3 * 1024 * 1024, 'abc') });
  expect((await inspect(large)).components).toContain('large');
});

test.each<[string, string, () => Buffer, Partial<JarLimits>]>([
  ['text', 'not_a_zip', () => Buffer.from('hello, I am a JAR, I promise'), {}],
  ['two bytes', 'not_a_zip', () => Buffer.from('PK'), {}],
  ['the first half', 'jar_truncated', () => intact.subarray(0, intact.length / 2), {}],
  ['without the last byte', 'jar_truncated', () => intact.subarray(0, -1), {}],
  ['with bytes after its end', 'jar_corrupt', () => Buffer.concat([intact, Buffer.from('x')]), {}],
  ['a script before its first entry', 'jar_prefixed', () => Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), intact]), {}],
  ['a hole in the middle', 'jar_corrupt', () => Buffer.concat([intact.subarray(0, 40), intact.subarray(90)]), {}],
  ['an end record that hides entries', 'jar_corrupt', () => makeZip(good, { entryCount: 3 }), {}],
  ['an end record that promises more entries', 'jar_corrupt', () => makeZip(good, { entryCount: 30 }), {}],
  ['a manifest that doesn\'t match its checksum', 'jar_corrupt', () => makeZip([{ ...good[0]!, crc32: 1 }, ...good.slice(1)]), {}],
  ['a manifest longer than declared', 'jar_corrupt', () => makeZip([{ ...good[0]!, declaredSize: 10 }, ...good.slice(1)]), {}],
  ['no main class', 'no_main_class', () => makeZip([manifest({})]), {}],
  ['no manifest', 'no_main_class', () => makeZip([{ name: 'A.class', content: 'a' }]), {}],
  ['a main class that is none', 'no_main_class', () => makeZip([manifest({ 'Main-Class': '-version; rm' })]), {}],
  ['a main class that the JAR does not hold', 'no_main_class', () => makeZip([manifest({ 'Main-Class': 'com.acme.Gone' }), { name: 'com/acme/Other.class', content: 'a' }]), {}],
  ['a main class that only a JAR inside holds, which nothing puts on the class path', 'no_main_class', () => makeZip([manifest({ 'Main-Class': 'com.acme.Inner' }), { name: 'lib/a.jar', stored: true, content: makeZip([{ name: 'com/acme/Inner.class', content: 'a' }]) }]), {}],
  ['a Start-Class that is nowhere', 'no_main_class', () => makeZip(springBootEntries().filter(({ name }) => !name.endsWith('/Billing.class'))), {}],
  ['an empty zip', 'no_main_class', () => makeZip([]), {}],
  ['quarkus-run.jar alone', 'not_self_contained', () => makeZip([manifest({ 'Main-Class': 'io.quarkus.bootstrap.runner.QuarkusEntryPoint' })]), {}],
  ['over the tier\'s size', 'jar_too_large', () => intact, { maxBytes: 100 }],
  ['too many entries', 'too_many_entries', () => intact, { maxEntries: 5 }],
  ['too many entries in the JARs inside', 'too_many_entries', () => makeZip(springBootEntries()), { maxEntries: 12 }],
  ['a bomb', 'zip_bomb', () => withEntry({ name: 'zeros', content: Buffer.alloc(20 * 1024 * 1024) }), {}],
  ['a bomb in a JAR inside', 'zip_bomb', () => withEntry({ name: 'lib/a.jar', stored: true, content: makeZip([{ name: 'zeros', content: Buffer.alloc(20 * 1024 * 1024) }]) }), {}],
  ['entries that share their bytes', 'zip_bomb', () => makeZip([{ name: 'big', content: Buffer.alloc(5000, 1), stored: true }, { name: 'again', content: Buffer.alloc(5000, 1), stored: true, sharesFirst: true }, ...good]), {}],
  ['JARs in JARs in JARs', 'nested_too_deep', () => withEntry(nested(2)), {}],
  ['a large compressed JAR inside', 'nested_too_large', () => withEntry({ name: 'lib/a.jar', content: Buffer.alloc(5000, 'xy') }), { maxNestedBytes: 4000 }],
  ['a way out', 'path_traversal', () => withEntry({ name: 'a/../../etc/passwd', content: 'x' }), {}],
  ['an absolute name', 'path_traversal', () => withEntry({ name: '/etc/passwd', content: 'x' }), {}],
  ['a drive', 'path_traversal', () => withEntry({ name: 'C:/x', content: 'x' }), {}],
  ['backslashes', 'path_traversal', () => withEntry({ name: 'a\\..\\b', content: 'x' }), {}],
  ['a zero in a name', 'bad_entry_name', () => withEntry({ name: 'a\0b', content: 'x' }), {}],
  ['an empty part in a name', 'bad_entry_name', () => withEntry({ name: 'a//b', content: 'x' }), {}],
  ['a dot in a name', 'bad_entry_name', () => withEntry({ name: './b', content: 'x' }), {}],
  ['a name that never ends', 'bad_entry_name', () => withEntry({ name: 'n'.repeat(5000), content: 'x' }), {}],
  ['no name', 'jar_corrupt', () => withEntry({ name: '', content: 'x' }), {}],
  ['the same name twice', 'duplicate_entry', () => withEntry({ name: 'com/acme/Orders.class', content: 'other bytes' }), {}],
  ['a symbolic link', 'symlink_entry', () => withEntry({ name: 'link', content: '/etc/passwd', unixMode: 0o120_777 }), {}],
  ['an encrypted entry', 'encrypted_entry', () => withEntry({ name: 'secret', content: 'a secret of some length', flags: 1 }), {}],
  ['a compression that Java doesn\'t know', 'unsupported_compression', () => withEntry({ name: 'x', content: 'x', method: 93 }), {}],
])('refuses %s: %s', async (_case, code, jar, limits) => {
  await expect(inspect(jar(), limits)).rejects.toMatchObject({ name: 'ImageError', code });
});

test.each([
  ['a long name', () => withEntry({ name: 'n'.repeat(5000), content: 'x' }), '4096'],
  ['a main class that is none', () => makeZip([manifest({ 'Main-Class': 'com/acme/Orders' })]), 'com/acme/Orders'],
])('says what is wrong with %s', async (_case, jar, said) => {
  await expect(inspect(jar())).rejects.toThrow(said);
});

test('what only looks like a JAR inside is no reason to refuse', async () => {
  expect((await inspect(withEntry({ name: 'testdata/broken.jar', content: 'not a zip' }))).kind).toBe('camel-main');
});

test('folders may occur twice', async () => {
  expect((await inspect(makeZip([{ name: 'META-INF/' }, ...good, { name: 'META-INF/' }]))).kind).toBe('camel-main');
});
