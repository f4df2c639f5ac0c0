import { commonSchema, kindSchemas } from '../../schemas/index.ts';
import { problemDetails } from '../schemas/answers.ts';
import type { JsonSchema, Route } from './route.ts';
import { placeholderSchema, placeholdersOf } from './validate.ts';

const answeredOnce = 'Of no effect here: the answer holds a secret, which is not kept, so a repetition is done again.';

/** OpenAPI 3.1 from the route table; the kinds are its components. */
export function describe(routes: readonly Route[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Cameleer', version: '1', description: 'Errors are RFC 9457 with a stable `code`. Every object has an ETag, which a change names as If-Match.' },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'cml_…' } },
      schemas: { ...components(), Problem: problemDetails },
    },
    security: [{ token: [] }],
  };
}

function operationOf(route: Route): unknown {
  const { operation, summary, access, query = {}, headers = {}, body, responses } = route;
  const parameters = [
    ...placeholdersOf(route.path).map((name) => ({ name, in: 'path', required: true, schema: placeholderSchema(name) })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...Object.entries({ ...headers, ...(route.method === 'post' ? { 'Idempotency-Key': route.secretAnswer === true ? answeredOnce : 'The same key gets the same answer.' } : {}) })
      .map(([name, description]) => ({ name, in: 'header', description, schema: { type: 'string' } })),
  ];
  return {
    operationId: operation,
    summary,
    ...(access === 'public' ? { security: [] } : {}),
    'x-access': typeof access === 'string' ? access : access.action,
    parameters,
    ...(body === undefined ? {} : { requestBody: { required: body.required, content: Object.fromEntries(Object.entries(body.types).map(([type, schema]) => [type, contentOf(schema)])) } }),
    responses: { ...Object.fromEntries(Object.entries(responses).map(([status, schema]) => [status, responseOf(schema)])), default: { description: 'A problem.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } } },
  };
}

function contentOf(schema: JsonSchema | 'text' | 'stream'): unknown {
  if (schema === 'stream') return {};
  return { schema: schema === 'text' ? { type: 'string' } : local(schema) };
}

function responseOf(schema: JsonSchema | string): unknown {
  if (typeof schema === 'string') return { description: 'Done.', content: { [schema]: { schema: { type: 'string' } } } };
  return { description: 'Done.', content: { 'application/json': { schema: local(schema) } } };
}

function components(): Readonly<Record<string, unknown>> {
  const shared = commonSchema['$defs'] as Readonly<Record<string, unknown>>;
  const kinds = [...kindSchemas].map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [name, schema] as const);
  return local({ ...shared, ...Object.fromEntries(kinds) }) as Record<string, unknown>;
}

/** References into the kinds' documents become references to the components. */
function local(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(local);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === '$ref' && typeof each === 'string' ? localReference(each) : local(each)]));
}

function localReference(reference: string): string {
  const [document = '', pointer = ''] = reference.split('#');
  if (document === '' || document.endsWith('common.schema.json')) return `#/components/schemas/${pointer.replace(/^\/\$defs\//, '')}`;
  const kind = [...kindSchemas].find(([, schema]) => schema['$id'] === document)?.[0];
  return `#/components/schemas/${kind ?? ''}${pointer}`;
}
