import type { Readable } from 'node:stream';

/** An OCI content descriptor; `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What this product needs of a registry; implementations: an OCI image layout directory, the distribution-spec HTTP API. */
export interface Registry {
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Stores the stream under its digest; refuses content that hashes to something else and leaves nothing behind. */
  putBlob(repository: string, descriptor: Descriptor, content: Readable): Promise<void>;
  getBlob(repository: string, digest: string): Promise<Readable>;
  /** Stores a manifest, answers its descriptor; `tag` also names it. */
  putManifest(repository: string, mediaType: string, bytes: Uint8Array, tag?: string): Promise<Descriptor>;
  getManifest(repository: string, reference: string): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined>;
  listTags(repository: string): Promise<readonly string[]>;
}
