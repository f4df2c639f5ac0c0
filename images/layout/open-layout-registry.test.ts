import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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
  await writeFile(join(directory, '.uploads', `${dead}-0123abcd-half`), 'half');
  await writeFile(join(directory, '.uploads', `${process.ppid}-0123abcd-running`), 'half');
  // In a container every run has process id 1.
  await writeFile(join(directory, '.uploads', `${process.pid}-0123abcd-earlier-run`), 'half');
  await openLayoutRegistry(directory);
  expect(await readdir(join(directory, '.uploads'))).toEqual([`${process.ppid}-0123abcd-running`]);
});

test('a refused blob leaves no file behind', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  await expect(registry.putBlob('acme/orders', descriptorOf(Buffer.from('a')), Readable.from([Buffer.from('b')]))).rejects.toMatchObject({ code: 'digest_mismatch' });
  expect(await readdir(join(directory, '.uploads'))).toEqual([]);
});

test('a full disk says so, and leaves no file behind', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  const full = Readable.from((async function* full() {
    yield Buffer.from('con');
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  })());
  await expect(registry.putBlob('acme/orders', descriptorOf(Buffer.from('content')), full)).rejects.toMatchObject({ code: 'disk_full' });
  expect(await readdir(join(directory, '.uploads'))).toEqual([]);
});

const storing = `
  import { openLayoutRegistry } from ${JSON.stringify(join(import.meta.dirname, 'open-layout-registry.ts'))};
  import { storeJar } from ${JSON.stringify(join(import.meta.dirname, '../testing/store-jar.ts'))};
  import { makeZip } from ${JSON.stringify(join(import.meta.dirname, '../testing/make-zip.ts'))};
  import { springBootEntries } from ${JSON.stringify(join(import.meta.dirname, '../testing/make-jar.ts'))};
  const [directory, round] = process.argv.slice(1);
  const registry = await openLayoutRegistry(directory);
  for (let index = 0; ; index += 1) {
    const tag = 'v' + round + '-' + index;
    await storeJar(directory, makeZip([...springBootEntries(tag), { name: 'BOOT-INF/lib/big.jar', content: Buffer.alloc(1_000_000, tag), stored: true }]), { registry, tag });
    console.log(tag);
  }
`;

test('killed at any moment: every image that was answered is whole, no other file is in its way', { timeout: 60_000 }, async () => {
  const directory = await temporaryDirectory();
  const answered: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', storing, directory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      // Some way into the next image, another way each time.
      if (text.split('\n').length === 4) setTimeout(() => child.kill('SIGKILL'), round * 4);
    });
    await ended;
    answered.push(...text.split('\n').filter((tag) => tag !== ''));
  }
  const registry = await openLayoutRegistry(directory);
  expect(answered.length).toBeGreaterThanOrEqual(18);
  expect(await registry.listTags('acme/orders')).toEqual(expect.arrayContaining(answered));
  for (const tag of await registry.listTags('acme/orders')) {
    const manifest = await registry.getManifest('acme/orders', tag);
    const { layers } = JSON.parse(Buffer.from(manifest!.bytes).toString('utf8')) as { layers: { digest: string }[] };
    for (const { digest } of layers) expect(await registry.hasBlob('acme/orders', digest)).toBe(true);
  }
  const blobs = join(directory, 'acme/orders/blobs/sha256');
  for (const name of await readdir(blobs)) expect(digestOf(await readFile(join(blobs, name)))).toBe(`sha256:${name}`);
  expect(await readdir(join(directory, '.uploads'))).toEqual([]);
});

test('a manifest that rotted on disk is refused', async () => {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(directory);
  const image = await storeJar(directory, makeZip(camelMainEntries()), { registry });
  await writeFile(join(directory, 'acme/orders/blobs/sha256', image.digest.slice('sha256:'.length)), '{}');
  await expect(registry.getManifest('acme/orders', image.digest)).rejects.toMatchObject({ code: 'digest_mismatch' });
});
