import { decide, type Subject } from '../../access/index.ts';
import { kindSchemas, type KindName, type Loaded, type ObjectRef, type TenantState } from '../../schemas/index.ts';
import { defined, deleteObject, heldNotices, noticesOf, patchObject, platformNotices, putEnvironment, putObject, putSecret, tenantReader, type Notice, type Outcome, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import { quoted, requiredEtag } from '../http/precondition.ts';
import type { Answer, ApiRequest, JsonSchema, Route, RouteAccess } from '../http/route.ts';
import { blameAnswer, objectAnswer, objectsAnswer, requested, writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { entryJson } from './history.ts';
import type { ObjectPlace } from './object-places.ts';
import { writeOptionsOf, writeQuery } from './place.ts';
import { atQuery, momentOf, pastOf } from './time.ts';

const mergePatch: JsonSchema = { type: 'object', description: 'JSON Merge Patch (RFC 7396).' };
const secretValues: JsonSchema = {
  type: 'object', additionalProperties: false, required: ['stringData'],
  properties: { stringData: { type: 'object', minProperties: 1, maxProperties: 200, propertyNames: { pattern: '^[A-Za-z0-9._-]{1,253}$' }, additionalProperties: { type: 'string', maxLength: 262_144 } } },
  description: 'Values in clear, encrypted on arrival. Send application/yaml for a file that is already encrypted.',
};
const preconditions = { 'If-Match': 'The ETag that was read; required to change what is there.', 'If-None-Match': '`*`: only create.' };

/** The routes of one kind: read, list, replace, change, delete. */
export function objectRoutes(place: ObjectPlace): readonly Route[] {
  const offered = [get(place), ...list(place), blame(place), put(place), patch(place), remove(place)];
  return offered.filter((route) => !place.without?.some((method) => method === route.method));
}

function operation(verb: string, place: ObjectPlace): string {
  return `${verb}${place.path.includes('{tenant}') || place.kind === 'Platform' ? '' : 'Platform'}${place.kind}`;
}

function writers(place: ObjectPlace): RouteAccess {
  return place.write ?? (place.read === 'operator' ? 'operator' : { action: 'tenant.read' });
}

function get(place: ObjectPlace): Route {
  return {
    method: 'get', path: place.path, operation: operation('get', place), summary: `Read a ${place.kind}; \`Accept: application/yaml\` gives the file.`, access: place.read, query: atQuery,
    responses: { 200: objectAnswer },
    handle: async (request) => {
      const { stores, caller, param, headers } = request;
      const past = await pastOf(request);
      const found = await read(past ?? stores.engine, place.ref(param));
      const oid = past === undefined ? ((await stores.engine.etag(found.ref)) ?? found.oid) : found.oid;
      const etag = { ETag: quoted(oid) };
      if (headers['if-none-match'] === quoted(oid)) return { status: 304, text: '', type: 'application/json', headers: etag };
      if (headers.accept?.includes('application/yaml') === true) return { status: 200, text: found.text, type: 'application/yaml; charset=utf-8', headers: etag };
      return { status: 200, json: { ...itemOf(found), etag: oid, notices: [...(await holdsOf(stores, found.ref)), ...(await noticesAbout(stores, found.ref, caller.subject))] }, headers: etag };
    },
  };
}

function list(place: ObjectPlace): readonly Route[] {
  const { collection } = place;
  if (collection === undefined) return [];
  return [{
    method: 'get', path: place.path.replace(/\/\{\w+\}$/, ''), operation: operation('list', place), summary: `The ${place.kind} objects here, in name order.`, access: byTeam.has(place.kind) ? { action: 'tenant.read' } : place.read,
    query: { limit: { type: 'integer', minimum: 1, maximum: 1000 }, after: { type: 'string', maxLength: 253, description: 'Cursor: `next` of the page before.' }, ...atQuery },
    responses: { 200: objectsAnswer },
    handle: async (request) => {
      const { stores, caller, param, query } = request;
      const past = await pastOf(request);
      const state = past ?? stores.engine;
      const tenant = place.path.includes('{tenant}') ? await state.tenant(param('tenant')) : undefined;
      const all = collection(state.platform(), tenant, param);
      if (all === undefined) throw new ApiError('not_found', 'There is no such environment or application.');
      const limit = Number(query['limit'] ?? 100);
      const mayRead = byTeam.has(place.kind) && tenant !== undefined ? readerOf(stores, caller.subject, { place, tenant, now: await stores.engine.tenant(tenant.id), param }) : () => true;
      const names = [...all.keys()].filter((name) => name > String(query['after'] ?? '') && mayRead(name));
      const items = names.slice(0, limit).flatMap((name) => all.get(name) ?? []).map(itemOf);
      const notices = past === undefined ? await noticesOfList(request, place, names) : [];
      return { status: 200, json: { items, ...(names.length > limit ? { next: names[limit - 1] } : {}), notices } };
    },
  }];
}

function blame(place: ObjectPlace): Route {
  return {
    method: 'get', path: `${place.path}/blame`, operation: operation('blame', place), summary: `Who set each field of a ${place.kind}, when and by which commit.`, access: place.read, query: atQuery,
    responses: { 200: blameAnswer },
    handle: async ({ stores, caller, param, query }) => {
      const ref = place.ref(param);
      const fields = await stores.engine.blame(ref, momentOf(query), tenantReader(stores, caller.subject, ref.tenant));
      return { status: 200, json: { fields: fields.map(({ pointer, value, entry }) => ({ pointer, value, entry: entryJson(entry) })) } };
    },
  };
}

async function noticesOfList({ stores, caller, param }: ApiRequest, place: ObjectPlace, names: readonly string[]): Promise<readonly Notice[]> {
  const tenant = place.path.includes('{tenant}') ? await stores.engine.tenant(param('tenant')) : undefined;
  if (tenant === undefined) return platformNotices(stores, caller.subject);
  const held = place.kind === 'AppDeployment' ? names.flatMap((application) => heldNotices(tenant, { environment: param('environment'), application }, stores.now())) : [];
  return [...held, ...noticesOf(stores, tenant, caller.subject)];
}

/** Kinds whose objects bear their application's name: who is bound to a team reads those of the team's applications. */
const byTeam: ReadonlySet<KindName> = new Set(['Application', 'AppDeployment', 'Hold']);

interface Reading {
  readonly place: ObjectPlace;
  /** As of when the objects are read; the roles that count are those of now. */
  readonly tenant: TenantState;
  readonly now: TenantState | undefined;
  readonly param: (name: string) => string;
}

function readerOf({ engine }: Stores, subject: Subject, { place, tenant, now, param }: Reading): (name: string) => boolean {
  const environment = place.path.includes('{environment}') ? param('environment') : undefined;
  return (name) => decide(engine.platform(), now, { subject, tenant: tenant.id, action: 'apps.read', ...defined({ environment, team: tenant.applications.get(name)?.application.object.spec.team }) }).allowed;
}

function put(place: ObjectPlace): Route {
  const json = place.kind === 'Secret' ? secretValues : { $ref: String(kindSchemas.get(place.kind)?.['$id']) };
  return {
    method: 'put', path: place.path, operation: operation('put', place), summary: `Create or replace a ${place.kind}, as JSON or as the whole YAML file.`, access: writers(place),
    query: writeQuery, headers: preconditions, body: { types: { 'application/json': json, 'application/yaml': 'text' }, required: true }, responses: { 200: writeAnswer, 201: writeAnswer, 202: requested },
    handle: async (request) => {
      const ref = place.ref(request.param);
      const etag = requiredEtag(request.headers, await request.stores.engine.etag(ref));
      return written(ref, await replace(request, ref, etag), etag === null);
    },
  };
}

function replace(request: ApiRequest, ref: ObjectRef, etag: string | null): Promise<Outcome> {
  const { stores, caller, body, contentType } = request;
  if (ref.kind === 'Secret' && contentType === 'application/json') {
    const { stringData } = body as { stringData: Record<string, string> };
    return putSecret(stores, caller, { tenant: ref.tenant ?? '', environment: ref.environment ?? '', name: ref.name, etag, stringData, ...writeOptionsOf(request) });
  }
  const content = typeof body === 'string' ? { text: body } : { object: body };
  const writer = ref.kind === 'Environment' ? putEnvironment : putObject;
  return writer(stores, caller, { ref, etag, content, ...writeOptionsOf(request) });
}

function patch(place: ObjectPlace): Route {
  return {
    method: 'patch', path: place.path, operation: operation('patch', place), summary: `Change fields of a ${place.kind}; comments of its file survive.`, access: writers(place),
    query: writeQuery, headers: preconditions, body: { types: { 'application/merge-patch+json': mergePatch }, required: true }, responses: { 200: writeAnswer, 202: requested },
    handle: async (request) => {
      const { ref, etag } = await existing(request, place);
      return written(ref, await patchObject(request.stores, request.caller, { ref, etag, patch: request.body, ...writeOptionsOf(request) }));
    },
  };
}

function remove(place: ObjectPlace): Route {
  return {
    method: 'delete', path: place.path, operation: operation('delete', place), summary: `Delete a ${place.kind}.`, access: writers(place),
    query: writeQuery, headers: preconditions, responses: { 200: writeAnswer, 202: requested },
    handle: async (request) => {
      const { ref, etag } = await existing(request, place);
      return written(ref, await deleteObject(request.stores, request.caller, { ref, etag, ...writeOptionsOf(request) }));
    },
  };
}

/** The object that a change is about, and the version that the caller read. */
async function existing({ stores, param, headers }: ApiRequest, place: ObjectPlace): Promise<{ ref: ObjectRef; etag: string }> {
  const ref = place.ref(param);
  const found = await read(stores.engine, ref);
  const etag = requiredEtag(headers, (await stores.engine.etag(ref)) ?? found.oid);
  if (etag === null) throw new ApiError('precondition_required', 'Send the ETag that you read as If-Match.');
  return { ref, etag };
}

async function read(state: Pick<Stores['engine'], 'get'>, ref: ObjectRef): Promise<Loaded<KindName>> {
  const found = await state.get(ref);
  if (found === undefined) throw new ApiError('not_found', `There is no ${ref.kind} ${ref.name} ${placeOf(ref)}.`);
  return found;
}

function placeOf({ tenant, environment }: ObjectRef): string {
  return tenant === undefined ? 'here' : `in ${[tenant, environment].filter((part) => part !== undefined).join('/')}`;
}

function itemOf(found: Loaded<KindName>): { object: unknown; etag: string; path: string } {
  return { object: found.object, etag: found.oid, path: found.path };
}

async function noticesAbout(stores: Stores, ref: ObjectRef, reader: Subject) {
  const tenant = ref.tenant === undefined ? undefined : await stores.engine.tenant(ref.tenant);
  return tenant === undefined ? platformNotices(stores, reader) : noticesOf(stores, tenant, reader);
}

/** A deployment is never shown without its hold. */
async function holdsOf(stores: Stores, { kind, tenant: id, environment, name }: ObjectRef): Promise<readonly Notice[]> {
  const tenant = kind === 'AppDeployment' && id !== undefined ? await stores.engine.tenant(id) : undefined;
  return tenant === undefined ? [] : heldNotices(tenant, defined({ environment, application: name }), stores.now());
}

function written(ref: ObjectRef, outcome: Outcome, created = false): Answer {
  const environment = ref.environment ?? (ref.kind === 'Environment' ? ref.name : undefined);
  return writeAnswerOf(outcome, {
    ...(ref.tenant === undefined ? {} : { tenant: ref.tenant }),
    ...(environment === undefined ? {} : { environment }),
    ...(ref.kind === 'AppDeployment' || ref.kind === 'Hold' ? { application: ref.name } : {}),
  }, { created });
}
