import type { RevertGroup, RevertTake } from '../../engine/index.ts';
import { defined, revert, type RevertRequest } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import { placeholderSchema } from '../http/validate.ts';
import type { ApiRequest, Answer, JsonSchema, Route } from '../http/route.ts';
import { record, revertAnswer, revertRequested } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { writeOptionsOf, writeQuery } from './place.ts';

const commit: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{40}$' };
const choice: JsonSchema = { enum: ['revert', 'keep'] };
const groups = ['members', 'roles', 'sso', 'lifecycle', 'licence', 'platform'] as const;

const options = {
  'include?': { type: 'array', items: { enum: groups }, uniqueItems: true, description: 'What is left alone unless it is named here; each needs the rights of changing it.' },
  'take?': {
    oneOf: [choice, { type: 'object', maxProperties: 1000, additionalProperties: choice }],
    description: 'About fields that have changed again since: one choice for all, or one for each `<path>#<pointer>`.',
  },
};
const range = { ...record({ base: commit, head: commit }), description: 'The commits after `base` up to `head`, undone by one commit.' };
const asOf: JsonSchema = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)$', description: 'RFC 3339: everything in scope as it was then.' };
const scope = { 'environment?': placeholderSchema('environment'), 'application?': placeholderSchema('application') };

interface Body {
  readonly commit?: string;
  readonly range?: { readonly base: string; readonly head: string };
  readonly asOf?: string;
  readonly environment?: string;
  readonly application?: string;
  readonly include?: readonly RevertGroup[];
  readonly take?: RevertTake;
}

export const createRevert: Route = {
  method: 'post', path: '/api/v1/tenants/{tenant}/reverts', operation: 'revert',
  summary: 'Take deployments and configuration back, in one commit: what a commit or a range did, or everything as of a time. What was rolled back is held.',
  access: { action: 'tenant.read' }, query: writeQuery,
  body: { types: { 'application/json': record({ 'commit?': commit, 'range?': range, 'asOf?': asOf, ...scope, ...options }) }, required: true },
  responses: { 200: revertAnswer, 202: revertRequested },
  handle: (request) => answer(request, { tenant: request.param('tenant') }),
};

export const createPlatformRevert: Route = {
  method: 'post', path: '/api/v1/reverts', operation: 'revertPlatform', summary: 'Take back what a commit or a range did to all tenants and, with `include`, to the platform’s own files.',
  access: 'operator', query: writeQuery,
  body: { types: { 'application/json': record({ 'commit?': commit, 'range?': range, ...options }) }, required: true },
  responses: { 200: revertAnswer, 202: revertRequested },
  handle: (request) => answer(request, {}),
};

async function answer(request: ApiRequest, place: { readonly tenant?: string }): Promise<Answer> {
  const { environment, application, include, take, ...what } = request.body as Body;
  const made = await revert(request.stores, request.caller, { what: whatOf(what), scope: { ...place, ...defined({ environment, application }) }, ...defined({ include, take }), ...writeOptionsOf(request) });
  return writeAnswerOf(made.outcome, place, { more: { leftAlone: made.leftAlone } });
}

function whatOf({ commit: id, range: between, asOf: time }: Pick<Body, 'commit' | 'range' | 'asOf'>): RevertRequest['what'] {
  const named = [id, between, time].filter((each) => each !== undefined);
  const problem = (message: string) => new ApiError('invalid_request', message, { problems: [{ pointer: '/body', message }] });
  if (named.length !== 1) throw problem('Name one of commit, range and asOf.');
  if (id !== undefined) return { commit: id };
  if (between !== undefined) return between;
  const at = new Date(time ?? '');
  if (Number.isNaN(at.getTime())) throw problem('asOf is no time of RFC 3339, such as 2026-11-20T12:00:00Z.');
  return { asOf: at };
}
