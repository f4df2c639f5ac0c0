import { readDocument } from '../../schemas/index.ts';
import type { Document, ToStringOptions } from 'yaml';
import { EngineError } from '../engine-error.ts';

/** How the file is written, as far as the library lets us keep it, so that an edit changes the lines that it means. */
function styleOf(text: string): ToStringOptions {
  return {
    lineWidth: 0,
    indentSeq: !hasFlushList(text),
    flowCollectionPadding: !/[{[][^\s\]}]/.test(text),
    singleQuote: /: '/.test(text) && !/: "/.test(text) ? true : null,
  };
}

/** Whether the items of a list stand right below the name of the list. Line by line: a text may hold a line of a mebibyte. */
function hasFlushList(text: string): boolean {
  const lines = text.split('\n');
  return lines.some((line, at) => {
    const indent = line.length - line.trimStart().length;
    const above = lines[at - 1] ?? '';
    return line.startsWith('- ', indent) && above.startsWith(line.slice(0, indent)) && /^[^\s#-]/.test(above.slice(indent)) && /:[ \t]*(?:#|$)/.test(above);
  });
}

/** The text after an edit of its document: comments, order and quoting of what is not edited survive. Throws `invalid`. */
export function editYaml(path: string, text: string, change: (document: Document) => void): string {
  const document = readDocument(text);
  const error = document.errors[0];
  if (error !== undefined) throw new EngineError('invalid', `${path} is not valid YAML, so it can not be edited. Replace it whole.`, { cause: error });
  const before = JSON.stringify(document.toJS({ maxAliasCount: 0 }));
  change(document);
  if (JSON.stringify(document.toJS({ maxAliasCount: 0 })) === before) return text;
  return document.toString(styleOf(text));
}
