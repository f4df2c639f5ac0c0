/** A problem by its place in the text; the loader turns it into a `Problem`. */
export interface FileProblem {
  readonly code: string;
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
  readonly pointer: string;
  readonly message: string;
  /** The text that `offset` counts in, when it isn't the file's own. */
  readonly text?: string;
}
