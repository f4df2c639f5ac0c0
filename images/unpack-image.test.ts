import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openLayoutRegistry } from './layout/open-layout-registry.ts';
import { digestOf, putJsonBlob } from './layers/json-blob.ts';
import type { Descriptor, Registry } from './registry.ts';
import { camelMainEntries, springBootEntries } from './testing/make-jar.ts';
import { makeTar, type TarInput } from './testing/make-tar.ts';
import { makeZip } from './testing/make-zip.ts';
import { storeJar } from './testing/store-jar.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { unpackImage } from './unpack-image.ts';

type Packing = '' | '+gzip' | '+zstd';

async function imageOf(registry: Registry, layers: readonly (readonly TarInput[])[], packing: Packing = ''): Promise<string> {
  const stored: Descriptor[] = [];
  for (const layer of layers) {
    const tar = makeTar(layer);
    const bytes = packing === '' ? tar : packing === '+gzip' ? gzipSync(tar) : zstdCompressSync(tar);
    const descriptor = { mediaType: `application/vnd.oci.image.layer.v1.tar${packing}`, digest: digestOf(bytes), size: bytes.length };
    await registry.putBlob('acme/orders', descriptor, Readable.from([bytes]));
    stored.push(descriptor);
  }
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  const config = await putJsonBlob(registry, 'acme/orders', { mediaType, value: { architecture: 'amd64', os: 'linux', config: { Cmd: ['x'] }, rootfs: { type: 'layers', diff_ids: [] } } });
  const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: stored };
  return (await registry.putManifest('acme/orders', manifest.mediaType, Buffer.from(JSON.stringify(manifest)))).digest;
}

async function setUp(): Promise<{ directory: string; root: string; registry: Registry }> {
  const directory = await temporaryDirectory();
  return { directory, root: join(directory, 'images/one'), registry: await openLayoutRegistry(join(directory, 'registry')) };
}

async function tree(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort();
}

test('an image that was built comes back: its JAR byte for byte, the add-ons folder, how it starts', async () => {
  const { directory, root, registry } = await setUp();
  const jar = makeZip(camelMainEntries());
  const image = await storeJar(directory, jar, { registry });
  const unpacked = await unpackImage(registry, 'acme/orders', image.digest, root);
  expect(unpacked).toMatchObject({ root, config: { Entrypoint: ['java'], WorkingDir: '/app' } });
  expect((await readFile(join(root, 'app/app.jar'))).equals(jar)).toBe(true);
  expect(await readdir(join(root, 'cameleer/addons'))).toEqual([]);
});

test('a Spring Boot image unpacks to what its class path names', async () => {
  const { directory, root, registry } = await setUp();
  const image = await storeJar(directory, makeZip(springBootEntries()), { registry });
  const { config } = await unpackImage(registry, 'acme/orders', image.digest, root);
  for (const path of config.Cmd?.[1]?.split(':').slice(0, -1) ?? []) expect(await lstat(join(root, path))).toBeDefined();
  expect(await readFile(join(root, 'app/classes/com/acme/Billing.class'), 'utf8')).toBe('class bytes');
});

test.each<Packing>(['', '+gzip', '+zstd'])('reads layers of type tar%s', async (packing) => {
  const { root, registry } = await setUp();
  await unpackImage(registry, 'acme/orders', await imageOf(registry, [[{ path: 'a/b', content: 'c' }]], packing), root);
  expect(await readFile(join(root, 'a/b'), 'utf8')).toBe('c');
});

test('an image that is there is not unpacked again', async () => {
  const { root, registry } = await setUp();
  const digest = await imageOf(registry, [[{ path: 'a', content: 'c' }]]);
  await unpackImage(registry, 'acme/orders', digest, root);
  await writeFile(join(root, 'mark'), '');
  await unpackImage(registry, 'acme/orders', digest, root);
  expect(await tree(root)).toEqual(['a', 'mark']);
});

test('several at once give one', async () => {
  const { directory, root, registry } = await setUp();
  const digest = await imageOf(registry, [[{ path: 'a', content: 'c' }]]);
  await Promise.all([1, 2, 3, 4].map(() => unpackImage(registry, 'acme/orders', digest, root)));
  expect(await readdir(join(directory, 'images'))).toEqual(['one']);
});

test('upper layers replace and hide what lower ones have', async () => {
  const { root, registry } = await setUp();
  const digest = await imageOf(registry, [
    [{ path: 'a', content: 'old' }, { path: 'gone', content: 'x' }, { path: 'folder/x', content: 'x' }, { path: 'cleared/x', content: 'x' }, { path: 'turned/x', content: 'x' }],
    [{ path: 'a', content: 'new' }, { path: '.wh.gone' }, { path: '.wh.folder' }, { path: 'cleared/y', content: 'y' }, { path: 'cleared/.wh..wh..opq' }, { path: 'turned', content: 'a file now' }],
  ]);
  await unpackImage(registry, 'acme/orders', digest, root);
  expect(await tree(root)).toEqual(['a', 'cleared/y', 'turned']);
  expect(await readFile(join(root, 'a'), 'utf8')).toBe('new');
});

test('links are kept, and followed as if the image were the whole machine', async () => {
  const { directory, root, registry } = await setUp();
  const digest = await imageOf(registry, [
    [{ path: 'usr/lib/x', content: 'x' }, { path: 'lib', type: '2', target: '/usr/lib' }, { path: 'up', type: '2', target: '../../../../..' }, { path: 'hard', type: '1', target: 'usr/lib/x' }],
    [{ path: 'lib/y', content: 'y' }, { path: 'up/z', content: 'z' }],
  ]);
  await unpackImage(registry, 'acme/orders', digest, root);
  expect(await readFile(join(root, 'usr/lib/y'), 'utf8')).toBe('y');
  expect(await readFile(join(root, 'z'), 'utf8')).toBe('z');
  expect(await readFile(join(root, 'hard'), 'utf8')).toBe('x');
  expect(await readlink(join(root, 'lib'))).toBe('/usr/lib');
  expect(await readdir(directory)).not.toContain('z');
});

test('set-id bits and devices are left out', async () => {
  const { root, registry } = await setUp();
  await unpackImage(registry, 'acme/orders', await imageOf(registry, [[{ path: 'su', content: 'x', mode: 0o4755 }, { path: 'null', type: '3' }]]), root);
  expect(await tree(root)).toEqual(['su']);
  expect((await lstat(join(root, 'su'))).mode & 0o7777).toBe(0o755);
});

test.each<[string, readonly TarInput[]]>([
  ['leaves the image', [{ path: '../out', content: 'x' }]],
  ['leaves it from within', [{ path: 'a/../../out', content: 'x' }]],
  ['links to a file outside', [{ path: 'a', type: '1', target: '../../registry' }]],
  ['links to a file outside through a link', [{ path: 'l', type: '2', target: '/' }, { path: 'a', type: '1', target: 'l/etc/passwd' }]],
  ['goes in circles', [{ path: 'a', type: '2', target: 'b' }, { path: 'b', type: '2', target: 'a' }, { path: 'a/x', content: 'x' }]],
  ['hides its parent', [{ path: 'a/.wh...', content: '' }]],
])('a layer that %s: bad_layer, and nothing is left', async (_case, layer) => {
  const { directory, root, registry } = await setUp();
  const digest = await imageOf(registry, [layer]);
  await expect(unpackImage(registry, 'acme/orders', digest, root)).rejects.toMatchObject({ code: 'bad_layer' });
  expect(await readdir(join(directory, 'images'))).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(['images', 'registry']);
});

test('a layer that rotted on disk is refused, and nothing is left', async () => {
  const { directory, root, registry } = await setUp();
  const image = await storeJar(directory, makeZip(camelMainEntries()), { registry });
  const blob = join(directory, 'registry/acme/orders/blobs/sha256', image.layers[1]!.digest.slice('sha256:'.length));
  const bytes = await readFile(blob);
  bytes[1600] = (bytes[1600] ?? 0) ^ 1;
  await writeFile(blob, bytes);
  await expect(unpackImage(registry, 'acme/orders', image.digest, root)).rejects.toMatchObject({ code: 'digest_mismatch' });
  expect(await readdir(join(directory, 'images'))).toEqual([]);
});

test('an image that isn\'t there: manifest_unknown', async () => {
  const { root, registry } = await setUp();
  await expect(unpackImage(registry, 'acme/orders', `sha256:${'0'.repeat(64)}`, root)).rejects.toMatchObject({ code: 'manifest_unknown' });
});
