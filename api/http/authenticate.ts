import type { IncomingHttpHeaders } from 'node:http';
import type { Subject } from '../../access/index.ts';
import { identify, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';

const challenge = { 'WWW-Authenticate': 'Bearer realm="cameleer"' };

/** The subject of the bearer token. Throws `unauthenticated`, which never says what is wrong with a token. */
export async function authenticate(stores: Stores, headers: IncomingHttpHeaders): Promise<Subject> {
  const token = /^Bearer (cml_[A-Za-z0-9_-]{43})$/i.exec(headers.authorization ?? '')?.[1];
  const subject = token === undefined ? undefined : await identify(stores, token);
  if (subject === undefined) throw new ApiError('unauthenticated', 'Send a valid token as `Authorization: Bearer cml_…`. `cameleer login` keeps one; `npm start -- --new-token` makes a new one.', { headers: challenge });
  return subject;
}
