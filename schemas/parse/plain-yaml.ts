/**
 * The value of a text in the plain YAML in which nearly all objects are written: block mappings and lists, scalars on one line,
 * literal blocks, short lists of words in brackets, comments. `undefined` when anything else occurs, right or wrong: then the
 * library decides. What is read here reads the same there (a property test), at a tenth of the time; a start and a write read
 * twenty files a tenant.
 */
export function readPlainYaml(text: string): { readonly value: unknown } | undefined {
  if (!printable.test(text)) return undefined;
  const reader = new PlainReader(text.split('\n'));
  const value = reader.document();
  return value === unusual ? undefined : { value };
}

const unusual = Symbol('unusual');

/** Lines of ASCII; comments may hold other letters. The first letter decides which it is: a line that could be either would be tried as both, with all that follow it. */
const printable = /^(?: *(?:#[\u0020-\u007E\u00A1-\u2027]*|[!-"$-~][\u0020-\u007E]*)?\n)*$/;
const ignored = /^ *(?:#.*)?$/;
const mapEntry = /^([A-Za-z_][A-Za-z0-9_./-]*):(?: +(.*))?$/;
const literalHead = /^\|(-?)$/;
/** Words that are no text, or not everywhere. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const maxDepth = 20;

class PlainReader {
  readonly #lines: string[];
  #at = 0;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  document(): unknown {
    const indent = this.#next();
    const value = indent === 0 ? this.#block(0, 0) : unusual;
    return this.#next() === -1 ? value : unusual;
  }

  /** Goes to the next line that says something and answers with its indentation; -1 at the end. */
  #next(): number {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? '';
      if (!ignored.test(line)) return line.search(/[^ ]/);
    }
    return -1;
  }

  #block(indent: number, depth: number): unknown {
    if (depth > maxDepth) return unusual;
    return (this.#lines[this.#at] ?? '').startsWith('- ', indent) ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #map(indent: number, depth: number): unknown {
    const object: Record<string, unknown> = {};
    for (let found = this.#next(); found >= indent; found = this.#next()) {
      const line = this.#lines[this.#at] ?? '';
      const entry = found === indent ? mapEntry.exec(line.slice(indent)) : null;
      if (entry === null) return unusual;
      const name = entry[1] ?? '';
      if (name === '__proto__' || reserved.test(name) || Object.hasOwn(object, name)) return unusual;
      const value = this.#entryValue(entry[2] ?? '', indent, depth);
      if (value === unusual) return unusual;
      object[name] = value;
    }
    return object;
  }

  #entryValue(rest: string, indent: number, depth: number): unknown {
    this.#at += 1;
    const literal = literalHead.exec(rest);
    if (literal !== null) return this.#literal(indent, literal[1] === '-');
    if (rest !== '' && !rest.startsWith('#')) return scalar(rest);
    const inner = this.#next();
    if (inner > indent) return this.#block(inner, depth + 1);
    return inner === indent && (this.#lines[this.#at] ?? '').startsWith('- ', indent) ? this.#list(indent, depth + 1) : unusual;
  }

  #list(indent: number, depth: number): unknown {
    const items: unknown[] = [];
    for (let found = this.#next(); found >= indent; found = this.#next()) {
      const line = this.#lines[this.#at] ?? '';
      if (found > indent) return unusual;
      // A list may stand as far left as the name that it belongs to; then the next name ends it.
      if (!line.startsWith('- ', indent)) return items;
      const value = this.#item(line, indent, depth);
      if (value === unusual) return unusual;
      items.push(value);
    }
    return items;
  }

  #item(line: string, indent: number, depth: number): unknown {
    const start = indent + 2 + line.slice(indent + 2).search(/[^ ]|$/);
    const rest = line.slice(start);
    if (mapEntry.test(rest)) {
      this.#lines[this.#at] = ' '.repeat(start) + rest;
      return depth + 1 > maxDepth ? unusual : this.#map(start, depth + 1);
    }
    this.#at += 1;
    return scalar(rest);
  }

  #literal(indent: number, strip: boolean): unknown {
    const first = (this.#lines[this.#at] ?? '').search(/[^ ]/);
    if (first <= indent) return unusual;
    const kept: string[] = [];
    for (; this.#at < this.#lines.length - 1; this.#at += 1) {
      const line = this.#lines[this.#at] ?? '';
      const found = line.search(/[^ ]/);
      if (found >= 0 && found < first) break;
      if (found < 0 && line !== '') return unusual;
      kept.push(line.slice(first));
    }
    while (kept.at(-1) === '') kept.pop();
    return kept.join('\n') + (strip ? '' : '\n');
  }
}

const doubleQuoted = /^"([^"\\]*)"(?: +#.*)?$/;
const singleQuoted = /^'([^']*)'(?: +#.*)?$/;
const words = /^\[ *((?:[A-Za-z][A-Za-z0-9_./-]*|"[A-Za-z0-9_./$*-]*")(?: *, *(?:[A-Za-z][A-Za-z0-9_./-]*|"[A-Za-z0-9_./$*-]*"))*)? *\](?: +#.*)?$/;
const integer = /^(?:0|-?[1-9][0-9]{0,14})$/;
/** Text may begin so. */
const textStart = /^(?:[A-Za-z_/^$(]|-[A-Za-z])/;
/** Begins with a digit and is a number in no notation: `512Mi`, `4.18.0`, a time, a hash. */
const digitsAndMore = /^(?!0[xob])[0-9](?:[Ee0-9_./+=:-]*[A-DF-Za-df-z][A-Za-z0-9_./+=:-]*|[0-9]*\.[0-9]+\.[0-9.]+)(?<!:)$/;

function scalar(text: string): unknown {
  const quoted = doubleQuoted.exec(text) ?? singleQuoted.exec(text);
  if (quoted !== null) return quoted[1];
  const list = words.exec(text);
  if (list !== null) return wordList(list[1]);
  const comment = text.indexOf(' #');
  return plainScalar((comment < 0 ? text : text.slice(0, comment)).trimEnd());
}

function wordList(inside: string | undefined): unknown {
  const items = inside === undefined ? [] : inside.split(',').map((item) => item.trim());
  return items.some((item) => reserved.test(item)) ? unusual : items.map((item) => (item.startsWith('"') ? item.slice(1, -1) : item));
}

function plainScalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (reserved.test(text)) return unusual;
  if (integer.test(text)) return Number(text);
  if (digitsAndMore.test(text)) return text;
  return textStart.test(text) && !text.includes(': ') && !text.endsWith(':') ? text : unusual;
}
