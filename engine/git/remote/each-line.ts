/** Longer than any line that means something here. */
const longest = 64 * 1024;

/** Hands out each line of a text that comes in pieces, when it is whole; a longer one in pieces. The last one when `end` is called. */
export function eachLine(use: (line: string) => void): { readonly add: (text: string) => void; readonly end: () => void } {
  let rest = '';
  return {
    add(text) {
      const lines = `${rest}${text}`.split(/[\r\n]/);
      rest = lines.pop() ?? '';
      for (const line of lines) use(line);
      if (rest.length < longest) return;
      use(rest);
      rest = '';
    },
    end() {
      use(rest);
      rest = '';
    },
  };
}
