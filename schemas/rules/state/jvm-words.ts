/**
 * The options in a value of `JAVA_TOOL_OPTIONS`, as the JVM takes them apart: at white space, with both kinds of quotes and
 * no escape character. `open`: a quote is not closed, which the JVM answers by not starting.
 */
export function jvmWords(text: string): { readonly words: readonly string[]; readonly open: boolean } {
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"']|["'])+/g)].map(([word]) => word);
  const plain = words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_all, double: string | undefined, single: string | undefined) => double ?? single ?? ''));
  return { words: plain, open: /["']/.test(text.replaceAll(/"[^"]*"|'[^']*'/g, '')) };
}
