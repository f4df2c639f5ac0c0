import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { KindName } from './state.ts';
import { describeErrors, type FieldProblem } from './describe-errors.ts';
import { formats } from './formats.ts';

/** Checks a value; an empty list means that it is valid. */
export type SchemaCheck = (value: unknown) => readonly FieldProblem[];

const directory = join(import.meta.dirname, 'kinds');
const documents = readdirSync(directory).filter((file) => file.endsWith('.schema.json')).sort()
  .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as { $id: string; title?: string });

/** The JSON Schema 2020-12 document of each kind. They refer to `common.schema.json`, which is `commonSchema`. */
export const kindSchemas: ReadonlyMap<KindName, Readonly<Record<string, unknown>>> = new Map(
  documents.filter((each) => !each.$id.endsWith('/common.schema.json'))
    .map((each) => [(each.title === 'SopsSecret' ? 'Secret' : each.title) as KindName, each as unknown as Record<string, unknown>]),
);

export const commonSchema: Readonly<Record<string, unknown>> = documents.find((each) => each.$id.endsWith('/common.schema.json')) ?? {};

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictRequired: false, allowUnionTypes: true, schemas: documents });
for (const [name, holds] of Object.entries(formats)) ajv.addFormat(name, holds);

const compiled = new Map<KindName, SchemaCheck>();

/**
 * Compiles a JSON Schema 2020-12 document; it may refer to the kinds' documents by their `$id`. Throws a TypeError when the
 * schema itself is wrong. Compile once, not per value.
 */
export function compileSchema(schema: Readonly<Record<string, unknown>>): SchemaCheck {
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    throw new TypeError(`The schema can't be compiled: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return (value) => (validate(value) ? [] : describeErrors(validate.errors ?? []));
}

/** The check of a kind, compiled at its first use. */
export function checkOfKind(kind: KindName): SchemaCheck {
  let check = compiled.get(kind);
  if (check === undefined) {
    const validate = ajv.getSchema(`https://cameleer.io/schemas/v1/${kind.toLowerCase()}.schema.json`);
    if (validate === undefined) throw new TypeError(`There is no schema of ${kind}.`);
    check = (value) => (validate(value) === true ? [] : describeErrors(validate.errors ?? []));
    compiled.set(kind, check);
  }
  return check;
}
