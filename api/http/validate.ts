import { commonSchema, compileSchema, type SchemaCheck } from '../../schemas/index.ts';
import { ApiError, type FieldError } from '../errors.ts';
import type { JsonSchema, Route } from './route.ts';

type Query = Record<string, string | number | boolean | undefined>;

/** Checks of one route, compiled once. Every complaint carries a pointer: `/query/…`, `/path/…` or `/body/…`. */
export interface RequestChecks {
  path(values: Readonly<Record<string, unknown>>): void;
  query(search: URLSearchParams): Query;
  body(type: string, value: unknown): void;
}

const definitions = commonSchema['$defs'] as Readonly<Record<string, JsonSchema>>;

/** Schema of a path's placeholder, by its name. */
export function placeholderSchema(name: string): JsonSchema {
  if (name === 'number') return { type: 'string', pattern: '^[1-9][0-9]{0,8}$' };
  if (name === 'token') return { type: 'string', pattern: '^tok_[a-z0-9]{16}$' };
  const known: Readonly<Record<string, string>> = { tenant: 'tenantId', environment: 'environmentName', application: 'applicationName', release: 'releaseName', member: 'userId' };
  const { description: _description, ...schema } = definitions[known[name] ?? 'objectName'] ?? {};
  return schema;
}

export function placeholdersOf(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

export function checksOf(route: Route): RequestChecks {
  const placeholders = placeholdersOf(route.path);
  const path = compileSchema({ type: 'object', properties: Object.fromEntries(placeholders.map((name) => [name, placeholderSchema(name)])) });
  const query = compileSchema({ type: 'object', additionalProperties: false, properties: route.query ?? {} });
  const bodies = new Map<string, SchemaCheck>();
  for (const [type, schema] of Object.entries(route.body?.types ?? {})) {
    if (typeof schema !== 'string') bodies.set(type, compileSchema(schema));
  }
  return {
    path: (values) => refuse('path', path, values),
    query: (search) => {
      const values = coerce(route, search);
      refuse('query', query, values);
      return values;
    },
    body: (type, value) => {
      const check = bodies.get(type);
      if (check !== undefined) refuse('body', check, value);
    },
  };
}

function coerce(route: Route, search: URLSearchParams): Query {
  const values: Query = {};
  for (const name of new Set(search.keys())) {
    const all = search.getAll(name);
    if (all.length > 1) throw new ApiError('invalid_request', `The query parameter ${name} is given ${all.length} times. Give it once.`, { problems: [{ pointer: `/query/${name}`, message: 'given more than once' }] });
    values[name] = typed(route.query?.[name]?.type, all[0] ?? '');
  }
  return values;
}

function typed(type: string | undefined, text: string): string | number | boolean {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function refuse(place: string, check: SchemaCheck, value: unknown): void {
  const found = check(value);
  if (found.length === 0) return;
  const problems: FieldError[] = found.map((each) => ({ pointer: `/${place}${each.pointer}`, message: each.message }));
  throw new ApiError('invalid_request', `The request is not as described: ${problems[0]?.pointer}: ${problems[0]?.message}`, { problems });
}
