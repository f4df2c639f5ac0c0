import type { ErrorObject } from 'ajv';
import { nearest } from './nearest.ts';

/** Something wrong with a value; `at` says whether the field's name or its value is meant. */
export interface FieldProblem {
  readonly code: 'field_unknown' | 'field_missing' | 'field_type' | 'field_value' | 'field_format' | 'field_range' | 'field_name' | 'field_repeated';
  readonly pointer: string;
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** One problem a mistake, in words that say what to do; at most `most` of them, since a value can be wrong in 100,000 places. */
export function describeErrors(errors: readonly ErrorObject[], most = 200): readonly FieldProblem[] {
  const unions = new Set(errors.filter((error) => error.keyword === 'oneOf' || error.keyword === 'anyOf').map((error) => error.instancePath));
  const found = new Map<string, FieldProblem>();
  for (const error of errors) {
    if (found.size >= most) break;
    if (isRepetition(error, unions)) continue;
    const problem = describe(error);
    const key = `${problem.pointer} ${problem.code}`;
    if (!found.has(key)) found.set(key, problem);
  }
  return [...found.values()];
}

/** Whether another error says it better: why each branch of a union failed, or which pattern a field's name broke. */
function isRepetition(error: ErrorObject, unions: ReadonlySet<string>): boolean {
  if (error.keyword === 'if' || (error.propertyName !== undefined && error.keyword !== 'propertyNames')) return true;
  return unions.has(error.instancePath) && error.keyword !== 'oneOf' && error.keyword !== 'anyOf';
}

type Describe = (here: string, error: ErrorObject, params: Readonly<Record<string, unknown>>) => FieldProblem;

const descriptions: Readonly<Record<string, Describe>> = {
  additionalProperties: unknownField,
  required: (here, error, params) => {
    const pointer = child(here, String(params['missingProperty']));
    return { code: 'field_missing', pointer, at: 'value', message: `${nameOf(pointer)} is missing. Add it${explain(propertySchema(error, String(params['missingProperty'])))}.` };
  },
  propertyNames: (here, error, params) => {
    const name = String(params['propertyName']);
    return { code: 'field_name', pointer: child(here, name), at: 'key', message: `\`${name}\` can't be a name in ${nameOf(here)}. Use the characters that its schema allows${explainPattern(error)}.` };
  },
  type: (here, error, params) => ({
    code: 'field_type', pointer: here, at: 'value',
    message: `${nameOf(here)} is ${typeName(error.data)}, but must be ${typeWord(params['type'])}. ${typeRemedy(params['type'], error.data)}${sentence(error.parentSchema)}`,
  }),
  const: (here, error, params) => ({ code: 'field_value', pointer: here, at: 'value', message: `${nameOf(here)} is ${show(error.data)}. Write ${show(params['allowedValue'])}.` }),
  enum: wrongChoice,
  oneOf: noChoice,
  anyOf: noChoice,
  pattern: wrongForm,
  format: wrongForm,
  uniqueItems: (here, _error, params) => ({ code: 'field_repeated', pointer: `${here}/${String(params['i'])}`, at: 'value', message: `${nameOf(here)} lists the same item twice. Remove one of them.` }),
};

/** Values of a Secret: somebody may have left one in clear, and problems are shown to everybody who reads the tenant. */
const secretValue = /^\/(?:stringData|data)\//;
const hidden = '…';

function describe(found: ErrorObject): FieldProblem {
  const error = secretValue.test(found.instancePath) ? { ...found, data: hidden } : found;
  return (descriptions[error.keyword] ?? outOfRange)(error.instancePath, error, error.params as Record<string, unknown>);
}

function noChoice(here: string, error: ErrorObject): FieldProblem {
  return { code: 'field_value', pointer: here, at: 'value', message: `${nameOf(here)} is ${show(error.data)}, which it can't be.${sentence(error.parentSchema) || choices(error.schema)}` };
}

function wrongForm(here: string, error: ErrorObject, params: Readonly<Record<string, unknown>>): FieldProblem {
  return { code: 'field_format', pointer: here, at: 'value', message: `${nameOf(here)} is ${show(error.data)}, which has the wrong form.${foreign(error.data)}${sentence(error.parentSchema) || ` It must match ${String(params['pattern'] ?? params['format'])}.`}` };
}

/** Letters of other scripts and spaces of other kinds look like those that are meant. */
function foreign(data: unknown): string {
  const character = typeof data === 'string' && data !== hidden ? /[^\x20-\x7E]/u.exec(data)?.[0] : undefined;
  return character === undefined ? '' : ` It holds the character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}.`;
}

function unknownField(here: string, error: ErrorObject, params: Readonly<Record<string, unknown>>): FieldProblem {
  const name = String(params['additionalProperty']);
  const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const near = nearest(name, known);
  const where = here === '' ? 'this kind' : nameOf(here);
  const remedy = near === undefined ? `Remove it; known are: ${known.join(', ')}.` : `Did you mean \`${near}\`? Otherwise remove it.`;
  return { code: 'field_unknown', pointer: child(here, name), at: 'key', message: `\`${name}\` is not a field of ${where}. ${remedy}` };
}

function wrongChoice(here: string, error: ErrorObject): FieldProblem {
  const allowed = (error.params as { allowedValues: unknown[] }).allowedValues.map(String);
  const near = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined;
  const remedy = near === undefined ? `Use one of: ${allowed.join(', ')}.` : `Did you mean \`${near}\`?${allowed.length <= 6 ? ` Possible are: ${allowed.join(', ')}.` : ''}`;
  return { code: 'field_value', pointer: here, at: 'value', message: `${nameOf(here)} is ${show(error.data)}, which is not one of its values. ${remedy}` };
}

const ranges: Readonly<Record<string, (limit: string) => string>> = {
  minimum: (limit) => `must be ${limit} or more`,
  maximum: (limit) => `must be ${limit} or less`,
  exclusiveMinimum: (limit) => `must be more than ${limit}`,
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
  minLength: (limit) => `must have at least ${limit} characters`,
  maxLength: (limit) => `must have at most ${limit} characters`,
  minItems: (limit) => `must have at least ${limit} items`,
  maxItems: (limit) => `must have at most ${limit} items`,
  minProperties: (limit) => `must have at least ${limit} entries`,
  maxProperties: (limit) => `must have at most ${limit} entries`,
};

function outOfRange(here: string, error: ErrorObject): FieldProblem {
  const limit = String((error.params as { limit?: unknown }).limit);
  const range = ranges[error.keyword]?.(limit) ?? (error.message ?? 'breaks its schema');
  return { code: 'field_range', pointer: here, at: 'value', message: `${nameOf(here)} ${range}. Change it.${sentence(error.parentSchema)}` };
}

function propertySchema(error: ErrorObject, name: string): unknown {
  return (error.parentSchema as { properties?: Record<string, unknown> } | undefined)?.properties?.[name];
}

function explain(schema: unknown): string {
  const description = (schema as { description?: unknown } | undefined)?.description;
  return typeof description === 'string' ? ` (${lowerFirst(description.replace(/\.$/, ''))})` : '';
}

function explainPattern(error: ErrorObject): string {
  const { description, pattern } = (error.schema ?? {}) as { description?: unknown; pattern?: unknown };
  if (typeof description === 'string') return `: ${lowerFirst(description.replace(/\.$/, ''))}`;
  return typeof pattern === 'string' ? `: ${pattern}` : '';
}

/** What the branches of a union allow, where the schema has no sentence for it. */
function choices(branches: unknown): string {
  const words = (Array.isArray(branches) ? branches : []).map((branch: { const?: unknown; type?: unknown; minimum?: number; maximum?: number }) => {
    if (branch.const !== undefined) return show(branch.const);
    const range = branch.minimum === undefined ? '' : ` from ${String(branch.minimum)} to ${String(branch.maximum)}`;
    return branch.type === undefined ? undefined : `${typeWord(branch.type)}${range}`;
  }).filter((word) => word !== undefined);
  return words.length === 0 ? ' Change it to what its schema allows.' : ` Expected: ${words.join(', or ')}.`;
}

function sentence(schema: unknown): string {
  const description = (schema as { description?: unknown } | undefined)?.description;
  return typeof description === 'string' ? ` Expected: ${lowerFirst(description.replace(/\.$/, ''))}.` : '';
}

function typeRemedy(type: unknown, data: unknown): string {
  if (data === null) return 'Write a value, or remove the field.';
  if (type === 'string' && (typeof data === 'number' || typeof data === 'boolean')) return `Put it in quotes: "${String(data)}".`;
  if ((type === 'integer' || type === 'number') && typeof data === 'string' && /^\d+$/.test(data)) return 'Remove the quotes.';
  return 'Change it.';
}

const typeWords: Readonly<Record<string, string>> = { object: 'a mapping', array: 'a list', string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', null: 'empty' };

function typeWord(type: unknown): string {
  return [type].flat().map((each) => typeWords[String(each)] ?? String(each)).join(' or ');
}

function typeName(data: unknown): string {
  if (data === null) return 'empty';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a mapping';
  return show(data);
}

function show(data: unknown): string {
  const text = typeof data === 'string' ? data : typeof data === 'number' ? String(data) : (JSON.stringify(data) ?? String(data));
  const line = text.replaceAll('\n', '\\n');
  return `\`${line.length > 60 ? `${line.slice(0, 57)}…` : line}\``;
}

function nameOf(pointer: string): string {
  if (pointer === '') return 'the file';
  const names = pointer.slice(1).split('/').map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`));
  return `\`${names.join('').replace(/^\./, '')}\``;
}

function child(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** `Owner` → `owner`, but `JWS` and `v<N>` stay. */
function lowerFirst(text: string): string {
  return /^[A-Z](?:[a-z]|\s)/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
