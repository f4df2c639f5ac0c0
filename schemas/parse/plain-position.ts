const ignored = /^ *(?:#.*)?$/;
const entry = /^ *([A-Za-z_][A-Za-z0-9_./-]*):(?: +(.*))?$/;

/**
 * Where the value stands that a pointer leads to by names of fields alone, in a text that `readPlainYaml` reads. Otherwise, and
 * when there is none, `undefined`: then the library is asked, which says the same (a property test) and parses the file for it.
 */
export function plainPosition(text: string, pointer: string): { readonly line: number; readonly column: number } | undefined {
  const lines = text.split('\n');
  const names = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = significant(lines, 0);
  for (const [index, name] of names.entries()) {
    at = entryNamed(lines, at, name);
    const line = lines[at];
    if (line === undefined) return undefined;
    const rest = entry.exec(line)?.[2] ?? '';
    if (rest === '' || rest.startsWith('#')) at = significant(lines, at + 1);
    // What stands beside its name has no fields.
    else return index === names.length - 1 ? { line: at + 1, column: line.length - rest.length + 1 } : undefined;
  }
  return { line: at + 1, column: indentOf(lines[at]) + 1 };
}

function significant(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && ignored.test(lines[at] ?? '')) at += 1;
  return at;
}

/** The line of a field of the map whose first field is at a line; behind the last line when it has none. */
function entryNamed(lines: readonly string[], first: number, name: string): number {
  const indent = indentOf(lines[first]);
  for (let at = first; at < lines.length; at = significant(lines, at + 1)) {
    const found = indentOf(lines[at]);
    if (found < indent) break;
    if (found === indent && entry.exec(lines[at] ?? '')?.[1] === name) return at;
  }
  return lines.length;
}

function indentOf(line = ''): number {
  return line.length - line.trimStart().length;
}
