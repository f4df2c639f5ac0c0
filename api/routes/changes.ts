import { applyFiles, type AppliedFile } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { JsonSchema, Route } from '../http/route.ts';
import { record, requested, writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { writeOptionsOf, writeQuery } from './place.ts';

const file = record({
  path: { type: 'string', maxLength: 400, description: 'Of the state repository, such as tenants/ac/acme/settings.yaml.' },
  text: { type: ['string', 'null'], description: 'The whole file; null deletes it.' },
  etag: { type: ['string', 'null'], pattern: '^[0-9a-f]{40}$', description: 'The ETag that was read; null: it must not exist.' },
});

/** Files of one tenant, and what is said of the change. */
export const filesBody = {
  title: { type: 'string', minLength: 1, maxLength: 72, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'Subject of the commit.' },
  'description?': { type: 'string', maxLength: 4000, pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$', description: 'Text of the commit.' },
  files: { type: 'array', minItems: 1, maxItems: 200, items: file },
} satisfies Readonly<Record<string, JsonSchema>>;

export interface FilesBody {
  readonly title: string;
  readonly description?: string;
  readonly files: readonly AppliedFile[];
}

/** Throws `invalid_request` for a file that is named twice: one of its texts would be lost. */
export function filesOf<B extends FilesBody>(body: unknown): B {
  const { files } = body as B;
  const twice = files.findIndex(({ path }, at) => files.slice(0, at).some((other) => other.path === path));
  if (twice < 0) return body as B;
  const message = `${files[twice]?.path ?? ''} is named twice. Give each file once.`;
  throw new ApiError('invalid_request', message, { problems: [{ pointer: `/body/files/${twice}/path`, message }] });
}

export const createChange: Route = {
  method: 'post', path: '/api/v1/tenants/{tenant}/changes', operation: 'applyFiles', summary: 'Write several whole files of a tenant, all or none, as one commit.',
  access: { action: 'tenant.read' }, query: writeQuery, body: { types: { 'application/json': record(filesBody) }, required: true }, responses: { 200: writeAnswer, 202: requested },
  handle: async (request) => {
    const tenant = request.param('tenant');
    return writeAnswerOf(await applyFiles(request.stores, request.caller, { tenant, ...filesOf<FilesBody>(request.body) }, writeOptionsOf(request)), { tenant });
  },
};
