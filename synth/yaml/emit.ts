/** What a manifest is made of. `undefined` members of an object are left out. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue | undefined };

/**
 * The value as block-style YAML 1.2 that YAML 1.1 parsers (Kubernetes') read alike: what could be taken for another
 * type is quoted. Keys keep their order, lists are indented by two spaces. Ends with a line feed.
 * @throws {TypeError} for a number that is not finite.
 */
export function emitYaml(value: YamlValue): string {
  if (isList(value)) return value.length === 0 ? '[]\n' : list(value, '');
  if (typeof value === 'object' && value !== null) return map(value, '') || '{}\n';
  return `${scalar(value, '  ')}\n`;
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function map(object: { readonly [key: string]: YamlValue | undefined }, indent: string): string {
  let text = '';
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${indent}${keyText(key)}:${child(value, indent)}`;
  }
  return text;
}

function list(items: readonly YamlValue[], indent: string): string {
  let text = '';
  for (const item of items) text += `${indent}-${element(item, indent)}`;
  return text;
}

/** What follows `key:`. */
function child(value: YamlValue, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value !== 'object' || value === null) return ` ${scalar(value, inner)}\n`;
  if (isList(value)) return value.length === 0 ? ' []\n' : `\n${list(value, inner)}`;
  const text = map(value, inner);
  return text === '' ? ' {}\n' : `\n${text}`;
}

/** What follows `-`: an object's first key stands on the same line. */
function element(value: YamlValue, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value !== 'object' || value === null) return ` ${scalar(value, inner)}\n`;
  if (isList(value)) return value.length === 0 ? ' []\n' : ` ${list(value, inner).slice(inner.length)}`;
  const text = map(value, inner);
  return text === '' ? ' {}\n' : ` ${text.slice(inner.length)}`;
}

const plain = /^(?:\.{1,2}\/)?[A-Za-z_/](?:[A-Za-z0-9_./@+=,-]|:(?=[A-Za-z0-9_./@+=,-]))*(?: (?:[A-Za-z0-9_./@+=,-]|:(?=[A-Za-z0-9_./@+=,-]))+)*$/;
/** Kubernetes quantities and durations: no YAML version reads them as numbers. */
const quantity = /^[0-9]{1,9}(?:m|Ki|Mi|Gi|Ti|s|h)$/;
const reserved = /^(?:true|false|yes|no|on|off|y|n|null)$/i;
const literal = /^[!-~][ -~]*(?:\n(?:[ -~]*[!-~])?)*$/;

function isPlain(text: string): boolean {
  return (plain.test(text) && !reserved.test(text)) || quantity.test(text);
}

/** Names of fields are few, and come again in every object. */
const knownKeys = new Map<string, string>();

function keyText(key: string): string {
  const known = knownKeys.get(key);
  if (known !== undefined) return known;
  const text = isPlain(key) ? key : quoted(key);
  if (knownKeys.size < 1000) knownKeys.set(key, text);
  return text;
}

function scalar(value: string | number | boolean | null, indent: string): string {
  if (typeof value === 'string') return stringText(value, indent);
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) throw new TypeError(`YAML for manifests has no ${value}.`);
  return JSON.stringify(Object.is(value, -0) ? 0 : value);
}

function stringText(text: string, indent: string): string {
  if (isPlain(text)) return text;
  return text.includes('\n') && text.length < 65_536 ? block(text, indent) : quoted(text);
}

/** A literal block where that is readable and exact, else a quoted string. */
function block(text: string, indent: string): string {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (body.endsWith('\n') || !literal.test(body)) return quoted(text);
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}${line}`));
  return `${body === text ? '|-' : '|'}\n${lines.join('\n')}`;
}

/** Unpaired surrogates come out as escapes, so the text is always valid UTF-8. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
