import { ImageError } from './image-error.ts';

const noWriting = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO']);

/** The same error, as `disk_full` or `not_writable` when that is what it means. */
export function asDiskError(error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== undefined && noWriting.has(code)) return new ImageError('not_writable', 'The platform can not write to its disk, so nothing was kept. Try again later; an operator must make it writable.', { cause: error });
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ImageError('disk_full', 'The platform has no room for this. Try again later; an operator must free space.', { cause: error });
}
