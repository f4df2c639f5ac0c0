import type { Place, WriteOptions } from '../../workflows/index.ts';
import type { ApiRequest } from '../http/route.ts';

export const applicationPath = '/api/v1/tenants/{tenant}/environments/{environment}/apps/{application}';

export function placeOf({ param }: Pick<ApiRequest, 'param'>): Place {
  return { tenant: param('tenant'), environment: param('environment'), application: param('application') };
}

/** What every write takes. */
export const writeQuery = {
  dryRun: { type: 'boolean', description: 'Answer with the plan only.' },
  request: { type: 'boolean', description: 'Make a change request of it and answer 202, also where no policy asks for approval.' },
  autoMerge: { type: 'boolean', description: 'Of a change request: merge it as soon as every check has passed.' },
} as const;

export function writeOptionsOf({ query }: Pick<ApiRequest, 'query'>): WriteOptions {
  return { dryRun: query['dryRun'] === true, asRequest: query['request'] === true, request: { autoMerge: query['autoMerge'] === true } };
}
