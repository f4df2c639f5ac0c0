import {
  approveRequest, changeRequest, filesIntent, listRequests, mergeRequest, openRequest, showRequest, updateRequest, withdrawApproval, WorkflowError, type ChangeRequest, type RequestSummary,
} from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import { preconditionOf, quoted } from '../http/precondition.ts';
import type { Answer, ApiRequest, Route } from '../http/route.ts';
import { changeRequest as requestSchema, changeRequests, record } from '../schemas/answers.ts';
import { requestJson, requestPath } from './answer.ts';
import { filesBody, filesOf, type FilesBody } from './changes.ts';

const ofTenant = '/api/v1/tenants/{tenant}/change-requests';
const all = '/api/v1/change-requests';
const one = `${all}/{number}`;
const status = { type: 'string', enum: ['open', 'merged', 'closed'] } as const;
const flag = { type: 'boolean' } as const;
const listQuery = {
  status, author: { type: 'string', maxLength: 64 }, limit: { type: 'integer', minimum: 1, maximum: 200 },
  before: { type: 'integer', minimum: 1, maximum: 2_147_483_647, description: 'Cursor: `next` of the page before.' },
} as const;

const create: Route = {
  method: 'post', path: ofTenant, operation: 'openChangeRequest', summary: 'Propose several whole files of a tenant. Any other write becomes a change request with `?request=true`.',
  access: { action: 'tenant.read' }, body: { types: { 'application/json': record({ ...filesBody, 'autoMerge?': flag }) }, required: true }, responses: { 201: requestSchema },
  handle: async ({ stores, caller, param, body }) => {
    const { autoMerge = false, ...files } = filesOf<FilesBody & { readonly autoMerge?: boolean }>(body);
    return answerOf(await openRequest(stores, caller, filesIntent(caller, { tenant: param('tenant'), ...files }), { autoMerge }), 201);
  },
};

const listOfTenant: Route = {
  method: 'get', path: ofTenant, operation: 'listChangeRequestsOfTenant', summary: 'Change requests of a tenant, newest first.',
  access: { action: 'tenant.read' }, query: listQuery, responses: { 200: changeRequests },
  handle: (request) => listAnswer(request, { tenant: request.param('tenant') }),
};

const listAll: Route = {
  method: 'get', path: all, operation: 'listChangeRequests', summary: 'Change requests of all tenants and of the platform, newest first.',
  access: 'operator', query: listQuery, responses: { 200: changeRequests },
  handle: (request) => listAnswer(request, {}),
};

const show: Route = {
  method: 'get', path: one, operation: 'getChangeRequest', summary: 'A change request with its checks, approvals and plan, as of now.',
  access: 'signed-in', responses: { 200: requestSchema },
  handle: async ({ stores, caller, param }) => answerOf(await showRequest(stores, caller.subject, Number(param('number')))),
};

const change: Route = {
  method: 'patch', path: one, operation: 'changeChangeRequest', summary: 'Close a change request, open it again, or let it merge by itself.',
  access: 'signed-in', headers: { 'If-Match': 'The ETag that was read.' }, responses: { 200: requestSchema },
  body: { types: { 'application/merge-patch+json': record({ 'status?': { type: 'string', enum: ['open', 'closed'] }, 'autoMerge?': flag }) }, required: true },
  handle: async ({ stores, caller, param, headers, body }) => {
    const etag = preconditionOf(headers);
    if (typeof etag !== 'string') throw new ApiError('precondition_required', 'Send the ETag that you read as If-Match.');
    return answerOf(await changeRequest(stores, caller, { number: Number(param('number')), etag, ...(body as { status?: 'open' | 'closed'; autoMerge?: boolean }) }));
  },
};

const update: Route = {
  method: 'post', path: `${one}/revisions`, operation: 'updateChangeRequest', summary: 'Put other files in the place of what it asks for; without a body: make it anew on the head.',
  access: 'signed-in', body: { types: { 'application/json': record(filesBody) }, required: false }, responses: { 200: requestSchema },
  handle: async ({ stores, caller, param, body }) => {
    const number = Number(param('number'));
    const { tenant } = await showRequest(stores, caller.subject, number);
    if (body === undefined) return answerOf(await updateRequest(stores, caller, { number }));
    if (tenant === undefined) throw new WorkflowError('not_found', 'It concerns more than one tenant. Push its update to refs/for/main as a request of its own, and close this one.');
    return answerOf(await updateRequest(stores, caller, { number, intent: filesIntent(caller, { tenant, ...filesOf<FilesBody>(body) }) }));
  },
};

const approve: Route = {
  method: 'post', path: `${one}/approvals`, operation: 'approveChangeRequest', summary: 'Agree to what it would do now, by the hash of its plan.',
  access: 'signed-in', body: { types: { 'application/json': record({ planHash: { type: 'string', pattern: '^[0-9a-f]{64}$' } }) }, required: true }, responses: { 200: requestSchema },
  handle: async ({ stores, caller, param, body }) => answerOf(await approveRequest(stores, caller, { number: Number(param('number')), ...(body as { planHash: string }) })),
};

const withdraw: Route = {
  method: 'delete', path: `${one}/approvals`, operation: 'withdrawApproval', summary: 'Take back one’s own approval.',
  access: 'signed-in', responses: { 200: requestSchema },
  handle: async ({ stores, caller, param }) => answerOf(await withdrawApproval(stores, caller, Number(param('number')))),
};

const merge: Route = {
  method: 'post', path: `${one}/merge`, operation: 'mergeChangeRequest', summary: 'Make its change on the head, when every check has passed.',
  access: 'signed-in', body: { types: { 'application/json': record({}) }, required: false }, responses: { 200: requestSchema },
  handle: async ({ stores, caller, param }) => answerOf(await mergeRequest(stores, caller, Number(param('number')))),
};

export const changeRequestRoutes: readonly Route[] = [create, listOfTenant, listAll, show, change, update, approve, withdraw, merge];

function answerOf(request: ChangeRequest, code = 200): Answer {
  return { status: code, json: requestJson(request), headers: { ETag: quoted(request.etag), ...(code === 201 ? { Location: requestPath(request.number) } : {}) } };
}

async function listAnswer({ stores, caller, query }: ApiRequest, { tenant }: { readonly tenant?: string }): Promise<Answer> {
  const { status: wanted, author, before } = query;
  const found = await listRequests(stores, caller.subject, {
    limit: Number(query['limit'] ?? 50),
    ...(tenant === undefined ? {} : { tenant }),
    ...(typeof wanted === 'string' ? { status: wanted as RequestSummary['status'] } : {}),
    ...(typeof author === 'string' ? { author } : {}),
    ...(typeof before === 'number' ? { before } : {}),
  });
  return { status: 200, json: found };
}
