import { isUtf8 } from 'node:buffer';
import type { FileProblem } from './file-problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/**
 * What readers of YAML don't agree on. Some of these YAML allows nowhere; a carriage return alone, U+2028 and U+2029 end a
 * line for YAML 1.1 (Kubernetes', Flux') and not for 1.2 (ours), so a comment could hide an object from our rules: files
 * of Secrets are copied to the cell byte for byte. The controls of writing direction (U+202A and on, U+2066 and on) show a
 * reviewer another text than the one that holds.
 */
const control = /[^\P{Cc}\t\n\r]|\r(?!\n)|[\u2028-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/u;

/** Whether every reader of YAML sees the same characters and lines in it. */
export function readsAlike(text: string): boolean {
  return !control.test(text);
}

/** The text of a file, or the reason why it has none. */
export function decode(bytes: Uint8Array): { text: string } | { problem: FileProblem } {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { problem: { code: 'byte_order_mark', offset: 0, pointer: '', message: 'The file starts with a byte order mark. Save it as UTF-8 without one.' } };
  }
  if (!isUtf8(bytes)) {
    const offset = firstBadByte(bytes);
    const before = new TextDecoder().decode(bytes.subarray(0, offset));
    return { problem: { code: 'not_utf8', offset: before.length, text: before, pointer: '', message: `Byte ${offset} is not UTF-8. Save the file as UTF-8.` } };
  }
  const text = decoder.decode(bytes);
  const found = control.exec(text);
  if (found === null) return { text };
  const codePoint = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return { problem: { code: 'control_character', offset: found.index, text, pointer: '', message: `The character U+${codePoint} is not allowed here. Remove it, or write it as an escape in double quotes.` } };
}

/** Offset of the first byte that begins no well-formed character. */
function firstBadByte(bytes: Uint8Array): number {
  let offset = 0;
  while (offset < bytes.length) {
    const length = [1, 2, 3, 4].find((size) => offset + size <= bytes.length && isUtf8(bytes.subarray(offset, offset + size)));
    if (length === undefined) return offset;
    offset += length;
  }
  return offset;
}
