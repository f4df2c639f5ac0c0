/**
 * Base of every error that a user may see. `code` is stable; `message` says what is wrong and what to do, and is safe to
 * show. Details that are not safe to show go into `cause`.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  abstract override readonly name: string;
  readonly code: Code;
  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
