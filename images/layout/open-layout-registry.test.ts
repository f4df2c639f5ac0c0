import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { digestOf } from '../layers/json-blob.ts';
import { descriptorOf, registryContract } from '../registry.contract.ts';
import { camelMainEntries } from '../testing/make-jar.ts';
import { makeZip } from '../testing/make-zip.ts';
import { storeJar } from '../testing/store-jar.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { openLayoutRegistry } from './open-layout-registry.ts';

registryContract('A layout directory', async () => openLayoutRegistry(join(await temporaryDirectory(), 'registry')));

test('each repository is an OCI image layout as other tools read it', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  const image = await storeJar(directory, makeZip(camelMainEntries()), { registry, tag: 'v1-0123456789ab' });
  const folder = join(directory, 'acme/orders');
  expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
  expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v1-0123456789ab' } }],
  });
  for (const name of await readdir(join(folder, 'blobs/sha256'))) {
    expect(digestOf(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
  }
  expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
});

test('two registries on one directory don\'t overwrite each other\'s tags', async () => {
  const directory = await temporaryDirectory();
  const [a, b] = await Promise.all([openLayoutRegistry(directory), openLayoutRegistry(directory)]);
  const jar = makeZip(camelMainEntries());
  const tags = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(tags.map((tag, index) => storeJar(directory, jar, { registry: index % 2 === 0 ? a : b, tag })));
  expect(await a.listTags('acme/orders')).toEqual(tags);
});

test('what a killed process left half-written is removed; what a living one writes stays', async () => {
  const directory = await temporaryDirectory();
  const dead = Number(execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }));
  await mkdir(join(directory, '.uploads'));
  await writeFile(join(directory, '.uploads', `${dead}-half`), 'half');
  await writeFile(join(directory, '.uploads', `${process.ppid}-running`), 'half');
  await openLayoutRegistry(directory);
  expect(await readdir(join(directory, '.uploads'))).toEqual([`${process.ppid}-running`]);
});

test('a refused blob leaves no file behind', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  await expect(registry.putBlob('acme/orders', descriptorOf(Buffer.from('a')), Readable.from([Buffer.from('b')]))).rejects.toMatchObject({ code: 'digest_mismatch' });
  expect(await readdir(join(directory, '.uploads'))).toEqual([]);
});

test('a manifest that rotted on disk is refused', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  const image = await storeJar(directory, makeZip(camelMainEntries()), { registry });
  await writeFile(join(directory, 'acme/orders/blobs/sha256', image.digest.slice('sha256:'.length)), '{}');
  await expect(registry.getManifest('acme/orders', image.digest)).rejects.toMatchObject({ code: 'digest_mismatch' });
});
