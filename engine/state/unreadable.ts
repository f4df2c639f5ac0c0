import { tenantDirectory } from '../../schemas/index.ts';
import type { Problem } from '../../schemas/index.ts';
import type { GitError } from '../git/index.ts';
import type { Verdict } from './assess-tenant.ts';

/** The verdict on a tenant whose files can't be read from Git. */
export function unreadable(id: string, error: GitError): Verdict {
  return { good: false, problems: [unreadableAt(tenantDirectory(id), error)], openings: [], claims: [], rendered: new Map() };
}

export function unreadableAt(path: string, { code, message }: GitError): Problem {
  return { path, line: 1, column: 1, pointer: '', severity: 'error', code, message };
}
