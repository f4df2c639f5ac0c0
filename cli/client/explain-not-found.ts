import { nearest } from '../../schemas/nearest.ts';
import { ApiError } from './api-error.ts';
import type { Client } from './http.ts';
import { tenantPath } from './paths.ts';

/** What the command line named. */
export interface Named {
  readonly tenant: string;
  readonly application?: string;
  readonly environment?: string;
}

interface Known {
  readonly environments: readonly { readonly name: string }[];
  readonly applications: readonly { readonly name: string }[];
}

/** The error with a next step about what was named: the name that was probably meant, else commands that can be copied. */
export async function explain(refusal: ApiError, named: Named, client: Client): Promise<ApiError> {
  const meant = refusal.status === 404 ? await probablyMeant(named, client).catch(() => undefined) : undefined;
  const next = meant === undefined ? fill(refusal.next, named) : `did you mean ${meant}?`;
  return new ApiError(refusal.status, refusal.problem, next);
}

/** The same about a change request. */
export function explainOfRequest(refusal: ApiError, number: number): ApiError {
  const next = refusal.code === 'not_found' ? 'see what there is with `cameleer request list --tenant TENANT`' : refusal.next.replaceAll('NUMBER', String(number));
  return new ApiError(refusal.status, refusal.problem, next);
}

async function probablyMeant({ tenant, application, environment }: Named, client: Client): Promise<string | undefined> {
  const known = (await client.request<{ tenants: readonly { tenant: string }[] }>('GET', '/api/v1/tenants')).body.tenants.map((row) => row.tenant);
  if (!known.includes(tenant)) return nearest(tenant, known);
  const { body } = await client.request<Known>('GET', tenantPath(tenant));
  const other = (name: string | undefined, rows: readonly { readonly name: string }[]): string | undefined =>
    name === undefined || rows.some((row) => row.name === name) ? undefined : nearest(name, rows.map((row) => row.name));
  const near = other(application, body.applications);
  if (near !== undefined) return `${tenant}/${near}`;
  const place = other(environment, body.environments);
  return place === undefined ? undefined : `--env ${place}`;
}

function fill(next: string, { tenant, application, environment }: Named): string {
  const target = application === undefined ? next : next.replaceAll('TENANT/APP', `${tenant}/${application}`);
  const placed = environment === undefined ? target : target.replaceAll('ENV', environment);
  return placed.replaceAll(/TENANT(?!\/)/g, tenant);
}
