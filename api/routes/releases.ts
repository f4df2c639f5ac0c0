import { release } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { Route } from '../http/route.ts';
import { releaseAnswer } from '../schemas/answers.ts';
import { writeAnswerOf } from './answer.ts';

export const createRelease: Route = {
  method: 'post', path: '/api/v1/tenants/{tenant}/apps/{application}/releases', operation: 'createRelease',
  summary: 'Upload a JAR: checked, built into an image, signed as a Release. The same JAR answers the Release that exists.',
  access: { action: 'apps.upload' },
  query: { environment: { type: 'string', maxLength: 20, description: 'Whose cell gets the image; default: the first environment.' } },
  headers: { 'Cameleer-Release': 'A name to insist on, such as `v3`; refused when it exists with other bytes.' },
  body: { types: { 'application/java-archive': 'stream', 'application/octet-stream': 'stream' }, required: true },
  responses: { 200: releaseAnswer, 201: releaseAnswer },
  handle: async ({ stores, caller, param, query, headers, stream, signal }) => {
    const name = headers['cameleer-release'];
    if (name !== undefined && (typeof name !== 'string' || !/^v[1-9][0-9]{0,5}(-r[1-9][0-9]{0,3})?$/.test(name))) {
      throw new ApiError('invalid_request', 'Cameleer-Release takes a name such as v3, up to v999999.', { problems: [{ pointer: '/header/Cameleer-Release', message: 'not a release name' }] });
    }
    const length = Number(headers['content-length']);
    const [tenant, application] = [param('tenant'), param('application')];
    const made = await release(stores, caller, {
      tenant, application, jar: stream, signal,
      ...(Number.isSafeInteger(length) ? { expectedBytes: length } : {}),
      ...(typeof query['environment'] === 'string' ? { environment: query['environment'] } : {}),
      ...(name === undefined ? {} : { name }),
    });
    return writeAnswerOf(made.outcome, { tenant, application }, { created: made.created, more: { release: made.release, created: made.created } });
  },
};
