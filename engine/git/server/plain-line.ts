const longest = 2_000;
/** Control characters, those that turn the direction of writing or can't be seen, and what some terminals take for a line's end. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text as one line for somebody's terminal. Names of files, titles and what git quotes of objects come from whoever made the
 * commit: none may move a cursor, hide or imitate a line.
 */
export function plainLine(text: string): string {
  const line = text.replaceAll(unseen, '\ufffd');
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
