import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { digestOf } from './layers/json-blob.ts';
import type { Descriptor, Registry } from './registry.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';

export function descriptorOf(content: Buffer): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length };
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function put(registry: Registry, repository: string, text: string): Promise<Descriptor> {
  const content = Buffer.from(text);
  await registry.putBlob(repository, descriptorOf(content), Readable.from([content]));
  return descriptorOf(content);
}

async function putImage(registry: Registry, repository: string, image: { readonly text: string; readonly tag?: string }): Promise<Descriptor> {
  const layer = await put(registry, repository, image.text);
  return registry.putManifest(repository, mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: layer, layers: [layer] })), image.tag);
}

/** What every registry must do; `open` answers an empty one. */
export function registryContract(name: string, open: () => Promise<Registry>): void {
  describe(`${name} is a registry`, () => {
    test('gives back a blob, to its repository only', async () => {
      const registry = await open();
      const blob = await put(registry, 'acme/orders', 'content');
      expect(await textOf(await registry.getBlob('acme/orders', blob.digest))).toBe('content');
      expect(await registry.hasBlob('acme/orders', blob.digest)).toBe(true);
      expect(await registry.hasBlob('globex/orders', blob.digest)).toBe(false);
      await expect(registry.getBlob('globex/orders', blob.digest)).rejects.toMatchObject({ code: 'blob_unknown' });
    });

    test.each([
      ['other bytes', (blob: Descriptor) => blob, 'contenT'],
      ['fewer bytes', (blob: Descriptor) => blob, 'conten'],
      ['more bytes', (blob: Descriptor) => blob, 'content!'],
      ['a digest that is none', (blob: Descriptor) => ({ ...blob, digest: 'sha256:../../x' }), 'content'],
    ])('refuses %s than the digest says, and keeps nothing', async (_case, change, sent) => {
      const registry = await open();
      const blob = descriptorOf(Buffer.from('content'));
      await expect(registry.putBlob('acme/orders', change(blob), Readable.from([Buffer.from(sent)]))).rejects.toMatchObject({ code: 'digest_mismatch' });
      expect(await registry.hasBlob('acme/orders', blob.digest)).toBe(false);
    });

    test('a stream that breaks leaves nothing', async () => {
      const registry = await open();
      const blob = descriptorOf(Buffer.from('content'));
      const broken = Readable.from((async function* broken() {
        yield Buffer.from('con');
        throw new Error('cut');
      })());
      await expect(registry.putBlob('acme/orders', blob, broken)).rejects.toThrow('cut');
      expect(await registry.hasBlob('acme/orders', blob.digest)).toBe(false);
    });

    test('mounts a blob of another repository, if it is there', async () => {
      const registry = await open();
      const blob = await put(registry, 'platform/base', 'layer');
      expect(await registry.mountBlob('acme/orders', blob.digest, 'platform/base')).toBe(true);
      expect(await registry.mountBlob('acme/orders', blob.digest, 'platform/base')).toBe(true);
      expect(await textOf(await registry.getBlob('acme/orders', blob.digest))).toBe('layer');
      expect(await registry.mountBlob('acme/orders', digestOf(Buffer.from('other')), 'platform/base')).toBe(false);
    });

    test('gives back a manifest by digest and by tag, byte for byte', async () => {
      const registry = await open();
      const image = await putImage(registry, 'acme/orders', { text: 'layer', tag: 'v1' });
      const byTag = await registry.getManifest('acme/orders', 'v1');
      expect(byTag?.descriptor).toEqual(image);
      expect(digestOf(byTag?.bytes ?? Buffer.alloc(0))).toBe(image.digest);
      expect(await registry.getManifest('acme/orders', image.digest)).toEqual(byTag);
      expect(await registry.getManifest('acme/orders', 'v2')).toBeUndefined();
      expect(await registry.getManifest('acme/billing', image.digest)).toBeUndefined();
    });

    test('a blob that is no manifest is not given out as one', async () => {
      const registry = await open();
      const blob = await put(registry, 'acme/orders', '{}');
      expect(await registry.getManifest('acme/orders', blob.digest)).toBeUndefined();
    });

    test('refuses a manifest whose blobs are not there', async () => {
      const registry = await open();
      const missing = descriptorOf(Buffer.from('never stored'));
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: missing, layers: [] }));
      await expect(registry.putManifest('acme/orders', mediaType, bytes)).rejects.toMatchObject({ code: 'blob_unknown' });
    });

    test('a tag moves; the image that had it stays known by its digest', async () => {
      const registry = await open();
      const first = await putImage(registry, 'acme/orders', { text: 'one', tag: 'latest' });
      const second = await putImage(registry, 'acme/orders', { text: 'two', tag: 'latest' });
      expect((await registry.getManifest('acme/orders', 'latest'))?.descriptor.digest).toBe(second.digest);
      expect((await registry.getManifest('acme/orders', first.digest))?.descriptor.digest).toBe(first.digest);
      expect(await registry.listTags('acme/orders')).toEqual(['latest']);
    });

    test('an image may have no tag at first, and several later', async () => {
      const registry = await open();
      await putImage(registry, 'acme/orders', { text: 'one' });
      expect(await registry.listTags('acme/orders')).toEqual([]);
      await putImage(registry, 'acme/orders', { text: 'one', tag: 'v2' });
      await putImage(registry, 'acme/orders', { text: 'one', tag: 'v1' });
      await putImage(registry, 'acme/orders', { text: 'one' });
      expect(await registry.listTags('acme/orders')).toEqual(['v1', 'v2']);
      expect(await registry.listTags('acme/none')).toEqual([]);
    });

    test('writers at once lose nothing', async () => {
      const registry = await open();
      const tags = Array.from({ length: 20 }, (_each, index) => `v${index + 10}`);
      await Promise.all(tags.map((tag) => putImage(registry, 'acme/orders', { text: tag, tag })));
      expect(await registry.listTags('acme/orders')).toEqual(tags);
    });

    test.each(['', 'Acme/orders', '../orders', 'acme//orders', '/acme', 'acme/', 'acme/blobs', `a${'b'.repeat(300)}`])('refuses the repository name "%s"', async (repository) => {
      const registry = await open();
      await expect(registry.hasBlob(repository, digestOf(Buffer.from('x')))).rejects.toMatchObject({ code: 'name_invalid' });
    });

    test.each(['.hidden', 'a/b', '../x', 'ä', ''])('refuses the tag "%s"', async (tag) => {
      const registry = await open();
      await expect(putImage(registry, 'acme/orders', { text: 'one', tag })).rejects.toMatchObject({ code: 'tag_invalid' });
    });
  });
}
