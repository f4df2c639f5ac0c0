import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Route } from '../http/route.ts';
import { record } from '../schemas/answers.ts';

/**
 * A Git host says that somebody has pushed. What it says besides is not read: the hint makes us look at the host, soon and
 * once, so that a repeated or invented hint gives nobody anything.
 */
export const gitHook: Route = {
  method: 'post', path: '/api/v1/hooks/git', operation: 'gitHook', access: 'public',
  summary: 'Look at the Git host soon: a webhook of GitHub or Gitea (signed with HMAC-SHA256) or GitLab (secret token).',
  headers: { 'X-Hub-Signature-256': 'GitHub: `sha256=` and the HMAC of the body, hex.', 'X-Gitea-Signature': 'Gitea: the HMAC of the body, hex.', 'X-Gitlab-Token': 'GitLab: the secret.' },
  body: { types: { 'application/json': 'text' }, required: true },
  responses: { 202: record({ status: { type: 'string' } }) },
  handle: ({ stores, headers, body }) => {
    if (stores.hookSecret === undefined) throw new ApiError('not_found', 'No webhook is set up here. Set CAMELEER_STATE_HOOK_SECRET_FILE.');
    if (!isSigned(headers, String(body), stores.hookSecret)) throw new ApiError('unauthenticated', 'The webhook is not signed with the secret that is known here. Put the same secret into the Git host.');
    stores.engine.lookSoon();
    return { status: 202, json: { status: 'accepted' } };
  },
};

function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const hmac = createHmac('sha256', secret).update(body).digest('hex');
  const [github, gitea, gitlab] = ['x-hub-signature-256', 'x-gitea-signature', 'x-gitlab-token'].map((name) => headers[name]);
  return isSame(github, `sha256=${hmac}`) || isSame(gitea, hmac) || isSame(gitlab, secret);
}

/** In constant time, whatever their lengths. */
function isSame(given: string | string[] | undefined, wanted: string): boolean {
  return typeof given === 'string' && timingSafeEqual(sha256(given), sha256(wanted));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
