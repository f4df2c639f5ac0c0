import { ImageError } from './image-error.ts';

/** The same error, as `disk_full` when that is what it means. */
export function asDiskFull(error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ImageError('disk_full', 'The platform has no room for this. Try again later; an operator must free space.', { cause: error });
}
