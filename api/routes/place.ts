import type { Place } from '../../workflows/index.ts';
import type { ApiRequest } from '../http/route.ts';

export const applicationPath = '/api/v1/tenants/{tenant}/environments/{environment}/apps/{application}';

export function placeOf({ param }: Pick<ApiRequest, 'param'>): Place {
  return { tenant: param('tenant'), environment: param('environment'), application: param('application') };
}

/** Declares `?dryRun=true` on a write. */
export const dryRunQuery = { dryRun: { type: 'boolean', description: 'Answer with the plan only.' } } as const;

export function dryRunOf({ query }: Pick<ApiRequest, 'query'>): { dryRun: boolean } {
  return { dryRun: query['dryRun'] === true };
}
