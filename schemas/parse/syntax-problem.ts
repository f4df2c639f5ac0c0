import type { FileProblem } from './file-problem.ts';

/** The library's sentences that speak of YAML's grammar → what is wrong and what to do. */
const words: Readonly<Record<string, string>> = {
  'Implicit map keys need to be followed by map values': 'this line has no `: ` (a colon and a space) after its name. Add it; text that goes on from the line above must be indented further.',
  'Implicit keys need to be on a single line': 'the `: ` (a colon and a space) after the name is missing here or in the next line. Add it.',
  'Nested mappings are not allowed in compact mappings': 'a second `: ` stands in this line. Put the text in quotes, or start a new line for what is inside.',
  'All mapping items must start at the same column': 'this line is indented otherwise than its neighbours. Give it the same number of spaces.',
  'All sequence items must start at the same column': 'this `-` is indented otherwise than its neighbours. Give it the same number of spaces.',
  'Sequence item without - indicator': 'the `- ` (a hyphen and a space) of this item of a list is missing. Add it.',
  'Unexpected scalar at node end': 'text follows where the value has ended. Look at the quotes, and at how this line and the one above are indented.',
  'Missing , between flow sequence items': 'a comma is missing between two items of a list. Add it.',
  'Missing , or : between flow map items': 'a comma is missing between two fields, or a `: ` after a name. Add it.',
  'Comments must be separated from other tokens by white space characters': 'a `#` without a space before it. Add the space when a comment is meant, quotes when it belongs to the text.',
  'Unexpected block-seq-ind on same line with key': 'a list starts in the line of its name. Start it in the next line, indented further; quote the text when no list is meant.',
  'A block sequence may not be used as an implicit map key': 'a list starts where a name and a colon are expected. Indent it below the field that it belongs to.',
  'Missing closing "quote': 'a double quote (`"`) is opened and never closed. Close it.',
  'Missing closing \'quote': 'a single quote (`\'`) is opened and never closed. Close it; write one inside the text twice.',
};

/** Those that repeat a piece of the file, which may be a secret that somebody left in clear. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^Unexpected flow-seq-end token/, 'this `]` closes nothing. Remove it, or open the list with `[`.'],
  [/^Unexpected flow-map-end token/, 'this `}` closes nothing. Remove it, or open the fields with `{`.'],
  [/^Unexpected \S+ token in YAML stream/, 'this does not go on from what stands above. Look at how this line and the one above are indented.'],
  [/^Block scalar header includes extra characters/, 'after `|` or `>` the text starts in the next line. Move it there, or put it in quotes.'],
];

/** A list or fields in brackets without an end: the library finds that where the end should be, a person where they begin. */
const unclosed = /^Flow (?:sequence|map) .*end with a ([\]}])$/;

function plainWords(detail: string): string {
  const end = unclosed.exec(detail)?.[1];
  if (end !== undefined) return `what \`${openingOf(end)}\` opens here is not closed, or goes on in lines that are not indented further than its name. Close it with \`${end}\`.`;
  return words[detail] ?? beginnings.find(([beginning]) => beginning.test(detail))?.[1] ?? `${detail.replace(/[.:]$/, '')}. Correct it here.`;
}

function openingOf(end: string): string {
  return end === ']' ? '[' : '{';
}

function placeOf(text: string, detail: string, offset: number): number {
  const end = unclosed.exec(detail)?.[1];
  const opened = end === undefined ? -1 : text.lastIndexOf(openingOf(end), offset - 1);
  return opened < 0 ? offset : opened;
}

/** What the YAML library says is wrong, and where. */
interface Found { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }

/** A mistake that the YAML library found, in words for somebody who doesn't know YAML's terms. */
export function syntaxProblem(text: string, { code, message, pos: [offset] }: Found): FileProblem {
  const detail = message.split('\n')[0] ?? code;
  switch (code) {
    case 'TAB_AS_INDENT': return { code: 'yaml_tab', offset, pointer: '', message: 'A tab stands in the indentation. Use spaces.' };
    case 'MULTIPLE_DOCS': return { code: 'several_documents', offset, pointer: '', message: 'A second document starts here. Put each object in a file of its own.' };
    case 'BAD_ALIAS': case 'ALIAS_PROPS': return { code: 'alias_forbidden', offset, pointer: '', message: 'Aliases (`*name`) are not allowed. Write the value out; quote it when a `*` is meant.' };
    case 'NON_STRING_KEY': return { code: 'field_name', offset, pointer: '', message: 'A field\'s name must be plain text. Write it without brackets and anchors.' };
    case 'TAG_RESOLVE_FAILED': return { code: 'tag_unknown', offset, pointer: '', message: 'This tag (`!name`) has no meaning here. Remove it.' };
    default: return { code: 'yaml_syntax', offset: placeOf(text, detail, offset), pointer: '', message: `The file is not valid YAML: ${plainWords(detail)}` };
  }
}
