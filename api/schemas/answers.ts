import type { JsonSchema } from '../http/route.ts';

const text: JsonSchema = { type: 'string' };
const integer: JsonSchema = { type: 'integer' };
const flag: JsonSchema = { type: 'boolean' };

/** An object with exactly these fields; those whose name ends in `?` may be missing. */
export function record(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const names = Object.keys(fields);
  return {
    type: 'object',
    additionalProperties: false,
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), fields[name]])),
  };
}

export function list(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

function oneOf(...values: readonly string[]): JsonSchema {
  return { type: 'string', enum: values };
}

const anything: JsonSchema = {};
const texts = list(text);

export const notice = record({ code: text, message: text });
const position = { line: integer, column: integer, pointer: text };
const stateProblem = record({ ...position, code: text, severity: oneOf('error', 'notice'), path: text, message: text });

const fieldChange = record({ pointer: text, 'before?': anything, 'after?': anything });
const change = oneOf('added', 'modified', 'deleted');

const number: JsonSchema = { type: 'number' };
const counts = record({ added: integer, modified: integer, deleted: integer });
const reserved = record({ cores: number, memoryGiB: number });

const planSummary = record({
  tenants: integer, namespaces: integer, objects: counts, rendered: counts,
  workloads: record({ created: integer, restarted: integer, scaled: integer, deleted: integer }),
  data: integer, risks: { type: 'object', additionalProperties: integer }, errors: integer,
  largest: list(record({ tenant: text, workloads: integer, rendered: integer })),
});

export const plan = record({
  base: text,
  'head?': text,
  summary: planSummary,
  objects: list(record({ 'ref?': { type: 'object' }, path: text, change, fields: list(fieldChange) })),
  rendered: list(record({ cell: text, path: text, change, objects: texts, 'diff?': text })),
  blastRadius: record({
    tenants: texts, namespaces: texts, restarted: texts, scaled: texts, created: texts, deleted: texts,
    data: list(record({ tenant: text, object: text, effect: oneOf('deleted', 'not_moved', 'shortened', 'unreadable'), data: text })),
  }),
  risks: list(record({ code: text, message: text, 'tenant?': text, subject: text })),
  cost: record({
    before: reserved, after: reserved,
    perMonth: list(record({ currency: text, before: number, after: number })),
    unknown: list(record({ because: text, tenants: integer })),
  }),
  problems: list(stateProblem),
  'next?': text,
  hash: text,
});

const links = record({ history: text, 'proof?': text, 'revert?': text, 'plan?': text });
const written = { commit: text, base: text, changed: flag, objects: list(record({ path: text, etag: { type: ['string', 'null'] } })), 'plan?': plan, 'planMissing?': record({ code: oneOf('too_large', 'plan_failed'), message: text }), links };

const plannedFields = { plan, 'approvals?': list(record({ tenant: text, environment: text, count: integer, 'roles?': texts, because: texts })) };
const planned = record(plannedFields);
/** What a write answers; `planMissing` says why a committed change has no plan; with `?dryRun=true` the plan, and whose approval would make a change request of it. */
export const writeAnswer: JsonSchema = { anyOf: [record(written), planned] };
const left = list(record({ path: text, because: text, 'include?': text }));
export const revertAnswer: JsonSchema = { anyOf: [record({ leftAlone: left, ...written }), record({ leftAlone: left, ...plannedFields })] };
export const releaseAnswer = record({ release: { type: 'object' }, created: flag, ...written });
const lacking = record({ configuration: texts, secrets: texts });
export const promotionAnswer: JsonSchema = { anyOf: [record({ release: text, lacking, ...written }), record({ release: text, lacking, ...plannedFields })] };

const optional = { 'tenant?': text, 'part?': texts, 'mergedCommit?': text, 'settledBy?': text };
const requestSummary = {
  number: integer, title: text, author: text, status: oneOf('open', 'merged', 'closed'), branch: text, commit: text, revision: integer, autoMerge: flag,
  createdAt: text, updatedAt: text, etag: text, ...optional,
};
const check = record({ name: oneOf('up_to_date', 'valid', 'within_limits', 'isolated', 'authorised', 'approved'), state: oneOf('passed', 'failed', 'pending'), reason: text, 'tenant?': text, 'environment?': text, 'because?': texts });
const approval = record({ person: text, approvedAt: text, planHash: text, counts: flag, 'reason?': text });
const fieldConflict = record({ pointer: text, 'base?': anything, 'theirs?': anything, 'mine?': anything });
const objectConflict = record({ 'ref?': { type: 'object' }, path: text, etag: { type: ['string', 'null'] }, fields: list(fieldConflict) });

export const changeRequest = record({
  ...requestSummary, description: text, base: text, head: text, mergeable: flag, checks: list(check), approvals: list(approval), conflicts: list(objectConflict), 'plan?': plan,
});
export const changeRequests = record({ requests: list(record(requestSummary)), 'next?': integer });
/** What a write answers that became a change request. */
export const requested = record({ request: changeRequest });
export const revertRequested = record({ leftAlone: left, request: changeRequest });
export const promotionRequested = record({ release: text, lacking, request: changeRequest });

export const objectAnswer = record({ object: { type: 'object' }, etag: text, path: text, notices: list(notice) });
export const objectsAnswer = record({ items: list(record({ object: { type: 'object' }, etag: text, path: text })), 'next?': text, notices: list(notice) });

const pod = record({ name: text, phase: text, ready: flag, restarts: integer, 'release?': text, 'startedAt?': text, 'message?': text });
const health = oneOf('progressing', 'ready', 'failed', 'stalled', 'suspended', 'unknown');

const hold = record({ reason: text, by: text, 'until?': text });

export const status = record({
  tenant: text, environment: text, application: text,
  desired: record({ release: text, replicas: integer, stopped: flag, 'hold?': hold }),
  observed: record({ health, reason: text, message: text, 'since?': text, readyReplicas: integer, pods: list(pod) }),
  addresses: list(record({ name: text, port: integer, url: text })),
  notEnforced: texts,
  notices: list(notice),
});

export const proof = record({
  tenant: text, environment: text, application: text, release: text, live: flag,
  links: list(record({ name: text, state: oneOf('ok', 'missing', 'absent'), 'value?': text, 'message?': text, 'since?': text })),
  notices: list(notice),
});

const historyFields = { commit: text, parents: texts, author: text, time: text, subject: text, trailers: { type: 'object', additionalProperties: texts }, 'reverts?': texts, signature: oneOf('platform', 'none', 'invalid') };
const historyEntry = record(historyFields);
export const auditRecords = record({
  records: list(record({
    ...historyFields, at: text, paths: texts, verdict: oneOf('accepted', 'quarantined'),
    quarantines: list(record({ tenant: text, commit: text })), rendered: list(record({ cell: text, commit: text })),
  })),
  'next?': text,
});
export const history = record({
  entries: list(historyEntry),
  'next?': text,
  notices: list(notice),
});

export const blameAnswer = record({ fields: list(record({ pointer: text, value: anything, entry: historyEntry })) });

const held = record({ role: text, environments: texts, 'teams?': texts });
export const accessReview = record({
  commit: text, at: text,
  rows: list(record({ tenant: text, environment: text, subject: text, kind: oneOf('operator', 'auditor', 'person', 'service account'), 'team?': text, bindings: list(held), actions: texts })),
  'next?': text,
});

export const tenantSummary = record({
  tenant: text, displayName: text, 'tier?': text, 'lifecycle?': text, quarantined: flag,
  environments: list(record({ name: text, order: integer })),
  applications: list(record({ name: text, releases: integer, deployments: list(record({ environment: text, release: text, replicas: integer, health, reason: text, 'hold?': hold })) })),
  notices: list(notice),
});
export const tenants = record({ tenants: list(record({ tenant: text, displayName: text, 'tier?': text, 'lifecycle?': text, quarantined: flag })), 'next?': text, notices: list(notice) });

export const whoAmI = record({
  subject: { type: 'object' }, operator: flag, auditor: flag, 'name?': text, 'stateRepository?': text,
  tenants: list(record({ tenant: text, roles: texts })),
});

const cellTokenFields = { id: text, description: text, createdAt: text, 'revokedAt?': text };
export const cellToken = record(cellTokenFields);
export const cellTokens = record({ tokens: list(cellToken) });
export const newCellToken = record({ ...cellTokenFields, cell: text, token: text });

export const newPerson = record({ person: text, name: text, token: text });

/** A path that traffic could take and must not: why the isolation proof refuses a change. */
const opening = record({ from: text, to: text, port: text, because: texts, message: text });

export const problemDetails = record({
  type: text, title: text, status: integer, code: text, detail: text, requestId: text,
  'problems?': list({ type: 'object' }), 'openings?': list(opening), 'conflict?': { type: 'object' },
  'conflicts?': list(objectConflict), 'planHash?': text,
});
