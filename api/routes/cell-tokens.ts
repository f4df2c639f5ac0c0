import type { Token } from '../../ledger/index.ts';
import { createCellToken, listCellTokens, revokeCellToken } from '../../workflows/index.ts';
import type { Route } from '../http/route.ts';
import { cellToken, cellTokens, newCellToken, record } from '../schemas/answers.ts';

const path = '/api/v1/cells/{cell}/tokens';

function entryOf({ id, description, createdAt, revokedAt }: Token): object {
  return { id, description, createdAt: createdAt.toISOString(), ...(revokedAt === undefined ? {} : { revokedAt: revokedAt.toISOString() }) };
}

export const createToken: Route = {
  method: 'post', path, operation: 'createCellToken', summary: 'A new credential with which Flux reads the cell’s publication. The token is shown this once; earlier ones stay in force until they are revoked.',
  access: 'operator', secretAnswer: true,
  body: { types: { 'application/json': { ...record({ 'description?': { type: 'string', minLength: 1, maxLength: 200 } }) } }, required: false },
  responses: { 201: newCellToken },
  handle: async ({ stores, caller, param, body }) => {
    const { description = 'Flux' } = (body ?? {}) as { description?: string };
    const cell = param('cell');
    const { token, entry } = await createCellToken(stores, caller, { cell, description });
    return { status: 201, json: { ...entryOf(entry), cell, token } };
  },
};

export const listCellTokensRoute: Route = {
  method: 'get', path, operation: 'listCellTokens', summary: 'Credentials of the cell’s publication, oldest first, with those that were revoked.', access: 'operator', responses: { 200: cellTokens },
  handle: async ({ stores, param }) => ({ status: 200, json: { tokens: (await listCellTokens(stores, param('cell'))).map(entryOf) } }),
};

export const revokeToken: Route = {
  method: 'delete', path: `${path}/{token}`, operation: 'revokeCellToken', summary: 'End a credential at once and for good.', access: 'operator', responses: { 200: cellToken },
  handle: async ({ stores, caller, param }) => {
    const [cell, id] = [param('cell'), param('token')];
    await revokeCellToken(stores, caller, { cell, id });
    const ended = (await listCellTokens(stores, cell)).find((token) => token.id === id);
    return { status: 200, json: ended === undefined ? {} : entryOf(ended) };
  },
};
