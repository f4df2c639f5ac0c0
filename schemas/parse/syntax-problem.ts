import type { FileProblem } from './file-problem.ts';

/** The library's sentences that speak of YAML's grammar → what is wrong and what to do. */
const words: Readonly<Record<string, string>> = {
  'Implicit map keys need to be followed by map values': 'this line has no `: ` (a colon and a space) after its name. Add it; text that goes on from the line above must be indented further.',
  'Implicit keys need to be on a single line': 'the `: ` (a colon and a space) after the name is missing here or in the next line. Add it.',
  'Nested mappings are not allowed in compact mappings': 'a second `: ` stands in this line. Put the text in quotes, or start a new line for what is inside.',
  'All mapping items must start at the same column': 'this line is indented otherwise than its neighbours. Give it the same number of spaces.',
  'All sequence items must start at the same column': 'this `-` is indented otherwise than its neighbours. Give it the same number of spaces.',
  'A block sequence may not be used as an implicit map key': 'a list starts where a name and a colon are expected. Indent it below the field that it belongs to.',
  'Missing closing "quote': 'a double quote (`"`) is opened and never closed. Close it.',
  'Missing closing \'quote': 'a single quote (`\'`) is opened and never closed. Close it; write one inside the text twice.',
};

function plainWords(detail: string): string {
  return words[detail] ?? `${detail.replace(/[.:]$/, '')}. Correct it here.`;
}

/** A mistake that the YAML library found, in words for somebody who doesn't know YAML's terms. */
export function syntaxProblem(code: string, detail: string, offset: number): FileProblem {
  switch (code) {
    case 'TAB_AS_INDENT': return { code: 'yaml_tab', offset, pointer: '', message: 'A tab stands in the indentation. Use spaces.' };
    case 'MULTIPLE_DOCS': return { code: 'several_documents', offset, pointer: '', message: 'A second document starts here. Put each object in a file of its own.' };
    case 'BAD_ALIAS': case 'ALIAS_PROPS': return { code: 'alias_forbidden', offset, pointer: '', message: 'Aliases (`*name`) are not allowed. Write the value out; quote it when a `*` is meant.' };
    case 'NON_STRING_KEY': return { code: 'field_name', offset, pointer: '', message: 'A field\'s name must be plain text. Write it without brackets and anchors.' };
    case 'TAG_RESOLVE_FAILED': return { code: 'tag_unknown', offset, pointer: '', message: 'This tag (`!name`) has no meaning here. Remove it.' };
    default: return { code: 'yaml_syntax', offset, pointer: '', message: `The file is not valid YAML: ${plainWords(detail.split('\n')[0] ?? code)}` };
  }
}
