import { GitError } from '../git-error.ts';
import type { GitErrorCode } from '../git-error.ts';

/** What a remote says, or that it says nothing. What git told in words is the `cause`, which is not for showing. */
export class RemoteError extends GitError {
  override readonly name = 'RemoteError';
  /** When it makes sense to ask again. */
  readonly retryAfterSeconds: number | undefined;
  constructor(code: GitErrorCode, message: string, options: { readonly cause?: unknown; readonly retryAfterSeconds?: number | undefined } = {}) {
    super(code, message, 'cause' in options ? { cause: options.cause } : undefined);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
