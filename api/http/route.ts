import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Action } from '../../schemas/index.ts';
import type { Caller, Stores } from '../../workflows/index.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a handler gets: authenticated, permitted and valid as the route declares. */
export interface ApiRequest {
  readonly stores: Stores;
  readonly caller: Caller;
  /** Values of the path's `{placeholders}`; reading one that the path lacks is a TypeError. */
  readonly param: (name: string) => string;
  /** Declared query parameters, as their schema's type. */
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON, or the text of a YAML body; `undefined` without a body. */
  readonly body: unknown;
  readonly contentType: string | undefined;
  /** The untouched body of a route that declares `stream`. */
  readonly stream: Readable;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

export type Answer =
  | { readonly status: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string; readonly type: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 200; readonly events: AsyncIterable<ServerEvent> };

/**
 * Who may call: anybody; whoever is signed in; operators of the platform; these and its auditors; or who may do `action` in the path's tenant (and
 * environment and application, when the path names them). A tenant that one may not read answers 404.
 */
export type RouteAccess = 'public' | 'signed-in' | 'operator' | 'auditor' | { readonly action: Action };

export interface Route {
  readonly method: 'get' | 'put' | 'patch' | 'post' | 'delete';
  /** OpenAPI form: `/api/v1/tenants/{tenant}`. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly access: RouteAccess;
  /** The answer holds a secret, so it is not kept: whoever repeats a POST with its Idempotency-Key has it run again. */
  readonly secretAnswer?: boolean;
  readonly query?: Readonly<Record<string, JsonSchema & { readonly type: 'string' | 'integer' | 'boolean' }>>;
  /** Request headers that mean something here, for the description. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body by media type; `stream` leaves it unread for the handler. Absent: no body is accepted. */
  readonly body?: { readonly types: Readonly<Record<string, JsonSchema | 'text' | 'stream'>>; readonly required: boolean };
  /** Schema of the JSON answer by status, or the media type of one that is not JSON. */
  readonly responses: Readonly<Record<number, JsonSchema | string>>;
  handle(request: ApiRequest): Promise<Answer> | Answer;
}
