import type { IncomingHttpHeaders } from 'node:http';
import type { TokenSubject } from '../../ledger/index.ts';
import { identifyReader, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';

/** What makes git ask its credential helper. */
const challenge = { 'WWW-Authenticate': 'Basic realm="cameleer", charset="UTF-8"' };

/** Whom the token speaks for: the password of any user name, or a bearer token. Throws `unauthenticated`. */
export async function authenticateGit(stores: Stores, headers: IncomingHttpHeaders): Promise<TokenSubject> {
  const token = tokenOf(headers.authorization ?? '');
  const subject = token === undefined ? undefined : await identifyReader(stores, token);
  if (subject === undefined) throw new ApiError('unauthenticated', 'Sign in with any user name and a valid token (cml_…) as the password.', { headers: challenge });
  return subject;
}

function tokenOf(authorization: string): string | undefined {
  const [, scheme = '', credentials = ''] = /^(Basic|Bearer) ([A-Za-z0-9+/=_-]{1,1000})$/i.exec(authorization) ?? [];
  const text = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString('utf8').replace(/^[^:]*:/, '') : credentials;
  return /^cml_[A-Za-z0-9_-]{43}$/.test(text) ? text : undefined;
}
