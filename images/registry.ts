import type { Readable } from 'node:stream';

/** An OCI content descriptor; `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * What this product needs of a registry; implementations: an OCI image layout directory, the distribution-spec HTTP API.
 * Names and tags are those of the distribution spec; others are refused (`name_invalid`, `tag_invalid`).
 */
export interface Registry {
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Stores the stream under its digest; refuses content that hashes to something else and leaves nothing behind. */
  putBlob(repository: string, descriptor: Descriptor, content: Readable): Promise<void>;
  /** Makes a blob of another repository known here without copying it; `false` when it isn't there. */
  mountBlob(repository: string, digest: string, from: string): Promise<boolean>;
  /** Throws ImageError `blob_unknown`. The reader checks the digest: content may have rotted. */
  getBlob(repository: string, digest: string): Promise<Readable>;
  /** Stores a manifest, answers its descriptor; `tag` also names it. Refuses one whose blobs are not there (`blob_unknown`). */
  putManifest(repository: string, mediaType: string, bytes: Uint8Array, tag?: string): Promise<Descriptor>;
  /** `reference`: a tag or a digest. */
  getManifest(repository: string, reference: string): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined>;
  /** Sorted. */
  listTags(repository: string): Promise<readonly string[]>;
}
