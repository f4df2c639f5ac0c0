import { execFileSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ImageConfig, ImageManifest } from './image-config.ts';
import { openLayoutRegistry } from './layout/open-layout-registry.ts';
import { getJsonBlob } from './layers/json-blob.ts';
import type { Registry } from './registry.ts';
import { camelMainEntries, manifest, springBootEntries } from './testing/make-jar.ts';
import { makeZip, type ZipInput } from './testing/make-zip.ts';
import { storeJar } from './testing/store-jar.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { readTar } from './tar/tar-reader.ts';

async function setUp(): Promise<{ directory: string; registry: Registry }> {
  const directory = await temporaryDirectory();
  return { directory, registry: await openLayoutRegistry(join(directory, 'registry')) };
}

async function read(registry: Registry, digest: string, repository = 'acme/orders'): Promise<{ manifest: ImageManifest; config: ImageConfig }> {
  const found = await registry.getManifest(repository, digest);
  const parsed = JSON.parse(Buffer.from(found!.bytes).toString('utf8')) as ImageManifest;
  return { manifest: parsed, config: (await getJsonBlob(registry, repository, parsed.config.digest)) as ImageConfig };
}

async function files(registry: Registry, digest: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const item of readTar((await registry.getBlob('acme/orders', digest)) as AsyncIterable<Buffer>)) {
    if (item.kind !== 'file') continue;
    const parts: Buffer[] = [];
    for await (const part of item.content) parts.push(part);
    found[item.path] = Buffer.concat(parts).toString('latin1');
  }
  return found;
}

test('a shaded JAR stays one file, byte for byte, and starts by class path with the add-ons folder', async () => {
  const { directory, registry } = await setUp();
  const jar = makeZip(camelMainEntries());
  const image = await storeJar(directory, jar, { registry });
  const { config } = await read(registry, image.digest);
  expect(config.config).toMatchObject({
    Entrypoint: ['java'],
    Cmd: ['-cp', '/app/app.jar:/cameleer/addons/*', 'com.acme.Orders'],
    Labels: { 'io.cameleer.runtime': 'camel-main', 'io.cameleer.launch': 'classpath', 'io.cameleer.camel-version': '4.18.0' },
  });
  expect(image.layers.map((layer) => layer.name)).toEqual(['addons', 'application']);
  expect(await files(registry, image.layers[1]!.digest)).toEqual({ 'app/app.jar': jar.toString('latin1') });
  expect(config.rootfs.diff_ids).toEqual(image.layers.map((layer) => layer.digest));
});

test('a JAR that only -jar can start says so', async () => {
  const { directory, registry } = await setUp();
  const jar = makeZip([manifest({ 'Main-Class': 'com.acme.Tool', 'Launcher-Agent-Class': 'com.acme.Agent' }), { name: 'com/acme/Tool.class', content: 'a' }]);
  const { config } = await read(registry, (await storeJar(directory, jar, { registry })).digest);
  expect(config.config).toMatchObject({ Cmd: ['-jar', '/app/app.jar'], Labels: { 'io.cameleer.launch': 'jar' } });
});

test('a Spring Boot JAR is taken apart by its layers; the class path has its index\'s order; the launcher stays out', async () => {
  const { directory, registry } = await setUp();
  const image = await storeJar(directory, makeZip(springBootEntries()), { registry });
  const { config } = await read(registry, image.digest);
  expect(config.config.Cmd).toEqual(['-cp', '/app/classes:/app/lib/zlib-1.0.jar:/app/lib/ours-1.0-SNAPSHOT.jar:/app/lib/camel-api-4.18.0.jar:/cameleer/addons/*', 'com.acme.Billing']);
  const layers = await Promise.all(image.layers.map(async (layer) => [layer.name, Object.keys(await files(registry, layer.digest))]));
  expect(layers).toEqual([
    ['addons', []],
    ['dependencies', ['app/lib/camel-api-4.18.0.jar', 'app/lib/zlib-1.0.jar']],
    ['snapshot-dependencies', ['app/lib/ours-1.0-SNAPSHOT.jar']],
    ['application-resources', ['app/classes/META-INF/MANIFEST.MF', 'app/classes/application.properties', 'app/classes/camel/invoices.yaml']],
    ['application-classes', ['app/classes/com/acme/Billing.class']],
  ]);
});

test('without layers.idx: dependencies, snapshots, application', async () => {
  const { directory, registry } = await setUp();
  const entries = springBootEntries().filter((entry) => !entry.name.endsWith('.idx'));
  const image = await storeJar(directory, makeZip(entries), { registry });
  expect(image.layers.map((layer) => layer.name)).toEqual(['addons', 'dependencies', 'snapshot-dependencies', 'application-resources', 'application-classes']);
});

test('when only classes changed, only their layer is written', async () => {
  const { directory, registry } = await setUp();
  const written: number[] = [];
  const putBlob = registry.putBlob.bind(registry);
  const watched = Object.assign(registry, {
    putBlob: (...args: Parameters<Registry['putBlob']>) => {
      written.push(args[1].size);
      return putBlob(...args);
    },
  });
  const before = await storeJar(directory, makeZip(springBootEntries('one')), { registry: watched });
  written.length = 0;
  const after = await storeJar(directory, makeZip(springBootEntries('two')), { registry: watched });
  expect(after.digest).not.toBe(before.digest);
  expect(after.layers.filter((layer, index) => layer.digest !== before.layers[index]?.digest).map((layer) => layer.name)).toEqual(['application-classes']);
  // The layer and the configuration.
  expect(written).toHaveLength(2);
});

test('the order of a JAR\'s entries does not matter', async () => {
  const { directory, registry } = await setUp();
  const entries = springBootEntries();
  const digest = (await storeJar(directory, makeZip(entries), { registry, jar: { sha256: 'a', size: makeZip(entries).length } })).digest;
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray([...entries], { minLength: entries.length }), async (shuffled: ZipInput[]) => {
    const jar = makeZip(shuffled);
    expect((await storeJar(directory, jar, { registry, jar: { sha256: 'a', size: jar.length } })).digest).toBe(digest);
  }), { numRuns: 20 });
});

const builder = `
  import { buildImage, inspectJar, openLayoutRegistry } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
  const [umask, uid, jarPath, directory, sha256, size] = process.argv.slice(1);
  process.umask(Number(umask));
  if (process.getuid() === 0) process.setuid(Number(uid));
  const registry = await openLayoutRegistry(directory);
  const image = await buildImage({ jarPath, jar: { sha256, size: Number(size) }, inspection: await inspectJar(jarPath), registry, repository: 'acme/orders' });
  console.log(image.digest);
`;

/** Fixed, so that a change of the layout shows: it gives every release a new digest and every layer a new upload. */
const goldenDigests = {
  shaded: 'sha256:948fd37c0751300dd49bc05ef6d39e9f984f7d08c9064fd1788426bf14b679bb',
  boot: 'sha256:2369b3d239a31e096ded0f425eb73a6e3ad45044c063849f01db3e1a8bbb0d04',
};

test.each([
  ['shaded', camelMainEntries()],
  ['boot', springBootEntries()],
] as const)('the digest of a %s JAR is the same under another folder, user, umask, time zone and locale, and as it always was', async (name, entries) => {
  // Stored, so that the bytes don't depend on a version of zlib.
  const jar = makeZip(entries.map((entry) => ({ ...entry, stored: true })));
  const digests: string[] = [];
  for (const [index, env] of [{ TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }, { TZ: 'America/St_Johns', LANG: 'C', LC_ALL: 'C' }].entries()) {
    const directory = await temporaryDirectory();
    await chmod(directory, 0o777);
    const jarPath = join(directory, `some ${index}.jar`);
    await writeFile(jarPath, jar, { mode: 0o644 });
    const args = ['--input-type=module', '-e', builder, String(index === 0 ? 0o077 : 0o002), String(index === 0 ? 65_534 : 0), jarPath, join(directory, 'registry'), 'f'.repeat(64), String(jar.length)];
    digests.push(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: directory, env: { ...process.env, ...env } }).trim());
  }
  expect(digests).toEqual([goldenDigests[name], goldenDigests[name]]);
});

test('a base\'s layers come first, then the agent\'s; its environment, user and history are kept', async () => {
  const { directory, registry } = await setUp();
  const base = await storeJar(directory, makeZip([...camelMainEntries(), { name: 'base', content: 'base' }]), { registry, repository: 'platform/java' });
  const agent = await storeJar(directory, makeZip([...camelMainEntries(), { name: 'agent', content: 'agent' }]), { registry, repository: 'platform/agent' });
  const image = await storeJar(directory, makeZip(camelMainEntries()), { registry, base: `registry.acme.example/platform/java@${base.digest}`, agent: `registry.acme.example/platform/agent@${agent.digest}` });
  const { manifest: built, config } = await read(registry, image.digest);
  const digests = [...base.layers, ...agent.layers, ...image.layers].map((layer) => layer.digest);
  expect(built.layers.map((layer) => layer.digest)).toEqual(digests);
  expect(config.rootfs.diff_ids).toEqual(digests);
  expect(config.history).toHaveLength(digests.length);
  expect(built.annotations).toMatchObject({ 'org.opencontainers.image.base.digest': base.digest });
  for (const digest of digests) expect(await registry.hasBlob('acme/orders', digest)).toBe(true);
});

test.each([
  ['is not in the registry', 'base_not_found', `host/platform/java@sha256:${'0'.repeat(64)}`],
  ['is not pinned', 'base_unsupported', 'host/platform/java:latest'],
])('a base that %s: %s', async (_case, code, base) => {
  const { directory, registry } = await setUp();
  await expect(storeJar(directory, makeZip(camelMainEntries()), { registry, base })).rejects.toMatchObject({ code });
});

test('a base of several platforms: base_unsupported', async () => {
  const { directory, registry } = await setUp();
  const index = await registry.putManifest('platform/java', 'application/vnd.oci.image.index.v1+json', Buffer.from('{"schemaVersion":2,"manifests":[]}'));
  await expect(storeJar(directory, makeZip(camelMainEntries()), { registry, base: `host/platform/java@${index.digest}` })).rejects.toMatchObject({ code: 'base_unsupported' });
});

test.each([
  ['a class whose checksum is wrong', 'jar_corrupt', { name: 'BOOT-INF/classes/A.class', content: 'a', crc32: 1 }],
  ['a library whose checksum is wrong', 'jar_corrupt', { name: 'BOOT-INF/lib/a.jar', content: 'a', stored: true, crc32: 1 }],
  ['a class that is longer than declared', 'jar_corrupt', { name: 'BOOT-INF/classes/A.class', content: 'abc'.repeat(50), declaredSize: 5 }],
  ['a file where a folder is needed', 'duplicate_entry', { name: 'BOOT-INF/classes/com', content: 'a' }],
])('%s: %s, and no image is there', async (_case, code, entry) => {
  const { directory, registry } = await setUp();
  await expect(storeJar(directory, makeZip([...springBootEntries(), entry]), { registry, tag: 'v1' })).rejects.toMatchObject({ code });
  expect(await registry.listTags('acme/orders')).toEqual([]);
});

test('every step that the issue of a release will need is in the list, built or not', async () => {
  const { pipeline } = await import('./pipeline.ts');
  expect(pipeline.filter((step) => step.state === 'not built').map((step) => step.name)).toEqual(['scan', 'secrets', 'sbom', 'image signature', 'push']);
});

test('a JAR that names many layers has a few of them in memory at once, and all in its image', async () => {
  const { directory, registry } = await setUp();
  const names = Array.from({ length: 40 }, (_, index) => `BOOT-INF/classes/l${index}/`);
  const index = names.map((name, at) => `- "l${at}":\n  - "${name}"\n`).join('');
  const entries = springBootEntries().filter((entry) => entry.name !== 'BOOT-INF/layers.idx');
  let storing = 0;
  let most = 0;
  const hasBlob = registry.hasBlob.bind(registry);
  const putBlob = registry.putBlob.bind(registry);
  const watched = Object.assign(registry, {
    hasBlob: (...args: Parameters<Registry['hasBlob']>) => {
      storing += 1;
      most = Math.max(most, storing);
      return hasBlob(...args);
    },
    putBlob: (...args: Parameters<Registry['putBlob']>) => putBlob(...args).finally(() => {
      storing -= 1;
    }),
  });
  const jar = makeZip([...entries, { name: 'BOOT-INF/layers.idx', content: index }, ...names.map((name) => ({ name: `${name}a.txt`, content: name }))]);
  const image = await storeJar(directory, jar, { registry: watched });
  expect(image.layers.map((layer) => layer.name)).toEqual(expect.arrayContaining(names.map((_, at) => `l${at}-resources`)));
  expect(most).toBeLessThanOrEqual(8);
});

test('a layer is stored as it is hashed', async () => {
  const { directory, registry } = await setUp();
  const image = await storeJar(directory, makeZip([...springBootEntries(), { name: 'BOOT-INF/lib/big.jar', content: Buffer.alloc(3_500_000, 'big'), stored: true }]), { registry });
  for (const { digest, size } of image.layers) {
    const bytes = await readFile(join(directory, 'registry/acme/orders/blobs/sha256', digest.slice(7)));
    expect(bytes.length).toBe(size);
  }
});
