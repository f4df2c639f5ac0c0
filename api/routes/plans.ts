import type { PlanOptions } from '../../engine/index.ts';
import type { ApiRequest, Answer, Route } from '../http/route.ts';
import { plan as schema } from '../schemas/answers.ts';
import { planJson } from './answer.ts';

const commit = { type: 'string', pattern: '^[0-9a-f]{7,64}$' } as const;
const between = {
  base: { ...commit, description: 'Id of a commit; default: the head.' },
  head: { ...commit, description: 'Id of a commit; default: the head of main.' },
  rendered: { type: 'boolean', description: 'With the differences of the rendered texts; of a Secret only that it differs.' },
} as const;

export const getPlan: Route = {
  method: 'get', path: '/api/v1/tenants/{tenant}/plan', operation: 'getPlan', summary: 'What a tenant gets from going from one commit to another: the state, the rendered manifests, effects, risks and cost.',
  access: { action: 'tenant.read' }, query: between, responses: { 200: schema },
  handle: (request) => answer(request, { tenants: [request.param('tenant')] }),
};

export const getPlatformPlan: Route = {
  method: 'get', path: '/api/v1/plan', operation: 'getPlatformPlan', summary: 'What going from one commit to another does to all: the whole in numbers, and a page of tenants.',
  access: 'operator',
  query: { ...between, cursor: { type: 'string', maxLength: 20, description: '`next` of the page before.' }, limit: { type: 'integer', minimum: 1, maximum: 500 }, tenant: { type: 'string', maxLength: 20, description: 'Only this tenant.' } },
  responses: { 200: schema },
  handle: (request) => {
    const { cursor, limit, tenant } = request.query;
    return answer(request, { ...(typeof cursor === 'string' && { after: cursor }), ...(typeof limit === 'number' && { limit }), ...(typeof tenant === 'string' && { tenants: [tenant] }) });
  },
};

async function answer({ stores, query }: ApiRequest, options: PlanOptions): Promise<Answer> {
  const head = typeof query['head'] === 'string' ? query['head'] : stores.engine.head().commit;
  const base = typeof query['base'] === 'string' ? query['base'] : head;
  return { status: 200, json: planJson(await stores.engine.plan(base, head, { ...options, rendered: query['rendered'] === true })) };
}
