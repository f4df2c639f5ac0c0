import { CodedError } from '../schemas/coded-error.ts';

/**
 * - `upload_cut`: the upload ended early or was aborted; `upload_empty`; `jar_too_large`: over the tier's size;
 *   `disk_full`: no room for the upload; `not_writable`: its disk only reads, or fails.
 * - `not_a_zip`, `jar_truncated`, `jar_prefixed`, `jar_corrupt`: the file's structure; `encrypted_entry`, `symlink_entry`,
 *   `unsupported_compression`, `path_traversal`, `bad_entry_name`, `duplicate_entry`: one of its entries.
 * - `zip_bomb`, `too_many_entries`, `nested_too_deep`, `nested_too_large`: it would unpack to too much.
 * - `no_main_class`: nothing to start, no class is named or it is not there; `not_self_contained`: only the launcher of a folder that was not uploaded.
 * - `base_not_found`, `base_unsupported`: the image to build on.
 * - `digest_mismatch`: content is not what its digest says; `blob_unknown`, `manifest_unknown`, `name_invalid`,
 *   `tag_invalid`: the registry; `bad_layer`: a layer can't be unpacked safely.
 */
export type ImageErrorCode =
  | 'upload_cut' | 'upload_empty' | 'jar_too_large' | 'disk_full' | 'not_writable'
  | 'not_a_zip' | 'jar_truncated' | 'jar_prefixed' | 'jar_corrupt'
  | 'encrypted_entry' | 'symlink_entry' | 'unsupported_compression' | 'path_traversal' | 'bad_entry_name' | 'duplicate_entry'
  | 'zip_bomb' | 'too_many_entries' | 'nested_too_deep' | 'nested_too_large'
  | 'no_main_class' | 'not_self_contained'
  | 'base_not_found' | 'base_unsupported'
  | 'digest_mismatch' | 'blob_unknown' | 'manifest_unknown' | 'name_invalid' | 'tag_invalid' | 'bad_layer';

export class ImageError extends CodedError<ImageErrorCode> {
  override readonly name = 'ImageError';
}
