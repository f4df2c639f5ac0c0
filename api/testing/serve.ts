import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { newToken } from '../../access/index.ts';
import { createPerson, saveToken } from '../../ledger/index.ts';
import { compileSchema, type SchemaCheck } from '../../schemas/index.ts';
import { openControlPlane, type ControlPlane } from '../../workflows/index.ts';
import { routes } from '../routes/index.ts';
import { startServer, type RunningServer } from '../server.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // The tests read what they expect.
  readonly body: Record<string, unknown> & { readonly code?: string };
  readonly text: string;
}

export interface Ask {
  readonly token?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Served {
  readonly plane: ControlPlane;
  readonly server: RunningServer;
  readonly operator: string;
  /** Asks, checks the answer against the description, and gives it. */
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** A person with a token; becomes a member of the tenant when bindings are given. */
  person(id: string, tenant?: string, bindings?: readonly object[]): Promise<string>;
  close(): Promise<void>;
}

const silent = pino({ level: 'silent' });
const checks = new Map<string, SchemaCheck>();

/** A control plane on a temporary folder, without Java, behind a real listening server. */
export async function serve(more: Partial<Parameters<typeof openControlPlane>[0]> = {}): Promise<Served> {
  const directory = mkdtempSync(join(tmpdir(), 'cameleer-api-'));
  const plane = await openControlPlane({
    directory, mode: 'development', loopback: true, java: join(directory, 'no-java'),
    seed: { example: join(root, 'tenants-example'), dummies: join(root, 'fixtures', 'seed') },
    logger: silent, now: () => new Date(), random: (bytes) => randomBytes(bytes), ...more,
  });
  const server = await startServer({ stores: plane.stores, logger: silent, host: '127.0.0.1', port: 0 });
  const operator = plane.token ?? '';
  const ask = async (method: string, path: string, { token = operator, json, body, headers = {} }: Ask = {}): Promise<Reply> => {
    const type = json === undefined ? {} : { 'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
    const content = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...type, ...(token === null ? {} : { Authorization: `Bearer ${token}` }), ...headers },
      ...(content === undefined ? {} : { body: content as string }),
    });
    const text = await response.text();
    const parsed = (response.headers.get('content-type') ?? '').includes('json') && text !== '' ? (JSON.parse(text) as Reply['body']) : {};
    expectDescribed(method, path, response.status, parsed);
    return { status: response.status, headers: response.headers, body: parsed, text };
  };
  return {
    plane, server, operator, ask,
    async person(id, tenant, bindings) {
      await createPerson(plane.stores.ledger, { id, displayName: id });
      const { token, hash } = newToken((bytes) => randomBytes(bytes));
      await saveToken(plane.stores.ledger, { id: `tok_${id.slice(4)}`, hash, subject: { kind: 'person', id }, description: 'test' });
      if (tenant !== undefined) {
        const made = await ask('PUT', `/api/v1/tenants/${tenant}/members/${id}`, { json: { apiVersion: 'cameleer.io/v1', kind: 'Member', metadata: { name: id }, spec: { bindings } } });
        expect(made.status).toBe(201);
      }
      return token;
    },
    async close() {
      await server.close(100);
      await plane.close({ keepPods: false });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Every JSON answer of a test is what the route table says it is. */
function expectDescribed(method: string, path: string, status: number, body: unknown): void {
  if (status >= 400 || status === 304 || method === 'HEAD') return;
  const bare = path.split('?')[0] ?? '';
  const route = routes.find((each) => each.method === method.toLowerCase() && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare));
  const schema = route?.responses[status];
  expect(schema, `${method} ${bare} answers ${status}, which is not described`).toBeDefined();
  if (typeof schema !== 'object' || Object.keys(body as object).length === 0) return;
  const key = `${method} ${route?.path} ${status}`;
  const check = checks.get(key) ?? compileSchema(schema);
  checks.set(key, check);
  expect(check(body)).toEqual([]);
}
