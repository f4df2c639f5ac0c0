import type { RequestAnswer, RequestsAnswer } from '../client/answers.ts';
import { forAllTenants } from '../client/for-all-tenants.ts';
import { tenantPath } from '../client/paths.ts';
import { confirm } from '../confirm.ts';
import { CliError } from '../errors.ts';
import { renderApproved, renderRequest, renderRequests } from '../render/request.ts';
import type { Session } from '../session.ts';
import { filesOf } from './apply.ts';

const all = '/api/v1/change-requests';

export interface ListOptions {
  readonly tenant?: string;
  readonly status?: string;
  readonly limit: number;
  readonly before?: number;
}

/** Newest first. Without a tenant: of all tenants, for operators. */
export async function listRequests(session: Session, { tenant, ...query }: ListOptions): Promise<void> {
  const client = await session.client();
  const path = tenant === undefined ? all : `${tenantPath(tenant)}/change-requests`;
  const asked = client.request<RequestsAnswer>('GET', path, { query });
  const { body } = await (tenant === undefined ? forAllTenants(asked, 'cameleer request list --tenant TENANT') : asked);
  session.print(body, (palette) => renderRequests(body, palette, session.io.now()));
}

export async function showRequest(session: Session, number: number): Promise<void> {
  show(session, await read(session, number));
}

/** Shows the plan, asks, and agrees to that very plan. `plan`: the first digits of its hash, which answer the question. */
export async function approveRequest(session: Session, number: number, { yes, plan }: { readonly yes?: boolean; readonly plan?: string }): Promise<void> {
  const request = await read(session, number);
  const { hash } = request.plan ?? unknownPlan(request);
  if (plan !== undefined && (plan.length < 8 || !hash.startsWith(plan))) {
    throw new CliError('plan_outdated', `What change request ${number} would do is plan ${hash.slice(0, 12)}, not ${plan}.`, { next: `look at it again with \`cameleer request show ${number}\`` });
  }
  if (plan === undefined) {
    if (!session.json) show(session, request);
    await confirm(session.io, 'Approve this plan?', yes === true);
  }
  const client = await session.client();
  const { body } = await client.request<RequestAnswer>('POST', `${all}/${number}/approvals`, { body: { planHash: hash } });
  session.print(body, (palette) => renderApproved(body, palette));
}

/** Nothing can be agreed to then. */
function unknownPlan({ number, status, checks }: RequestAnswer): never {
  const reason = status === 'open' ? checks.find(({ state }) => state === 'failed')?.reason : `It is ${status}.`;
  throw new CliError('plan_unknown', `What change request ${number} would do is not known. ${reason ?? ''}`.trim(), { next: `look at it with \`cameleer request show ${number}\`` });
}

export function withdrawApproval(session: Session, number: number): Promise<void> {
  return send(session, 'DELETE', `${all}/${number}/approvals`);
}

export function mergeRequest(session: Session, number: number): Promise<void> {
  return post(session, number, { path: 'merge' });
}

/** Other files in the place of what it asks for; without files: the same change, made anew on the head. */
export async function updateRequest(session: Session, number: number, { filename, title }: { readonly filename: readonly string[]; readonly title?: string }): Promise<void> {
  if (filename.length === 0) return post(session, number, { path: 'revisions' });
  const request = await read(session, number);
  const { files } = await filesOf(session, filename);
  return post(session, number, { path: 'revisions', body: { title: title ?? request.title, files } });
}

/** `status`: closed, or open again. */
export async function setStatus(session: Session, number: number, status: 'open' | 'closed'): Promise<void> {
  const { etag } = await read(session, number);
  return send(session, 'PATCH', `${all}/${number}`, { body: { status }, headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': `"${etag}"` } });
}

async function read(session: Session, number: number): Promise<RequestAnswer> {
  return (await (await session.client()).request<RequestAnswer>('GET', `${all}/${number}`)).body;
}

function post(session: Session, number: number, { path, body }: { readonly path: string; readonly body?: object }): Promise<void> {
  return send(session, 'POST', `${all}/${number}/${path}`, body === undefined ? {} : { body });
}

async function send(session: Session, method: 'POST' | 'PATCH' | 'DELETE', path: string, options: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<void> {
  const client = await session.client();
  show(session, (await client.request<RequestAnswer>(method, path, options)).body);
}

function show(session: Session, request: RequestAnswer): void {
  session.print(request, (palette) => renderRequest(request, palette, session.io.now()));
}
