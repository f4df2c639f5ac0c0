import { kindSchemas } from '../../schemas/index.ts';
import { deploy } from '../../workflows/index.ts';
import type { JsonSchema, Route } from '../http/route.ts';
import { requested, writeAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';
import { applicationPath, placeOf, writeOptionsOf, writeQuery } from './place.ts';

/** The spec of an AppDeployment, by the kind's own schema. */
const specSchema: JsonSchema = { $ref: `${String(kindSchemas.get('AppDeployment')?.['$id'])}#/properties/spec` };

export const createDeployment: Route = {
  method: 'post', path: `${applicationPath}/deployments`, operation: 'deploy',
  summary: 'Run a release here; further fields of the deployment are merged into what stands there.',
  access: { action: 'apps.deploy' }, query: writeQuery,
  body: { types: { 'application/json': specSchema }, required: true },
  responses: { 200: writeAnswer, 202: requested },
  handle: async (request) => {
    const place = placeOf(request);
    const { release, ...settings } = request.body as { release: string };
    return writeAnswerOf(await deploy(request.stores, request.caller, { place, release, settings, ...writeOptionsOf(request) }), place);
  },
};
