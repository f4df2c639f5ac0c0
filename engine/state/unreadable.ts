import { tenantDirectory } from '../../schemas/index.ts';
import { GitError } from '../git/index.ts';
import type { Verdict } from './assess-tenant.ts';

/** Whether an error says that the repository lacks an object, or has another one than the tree above it says. */
export function isUnreadable(error: unknown): error is GitError {
  return error instanceof GitError && (error.code === 'object_missing' || error.code === 'object_corrupt');
}

/** The verdict on a tenant whose files can't be read from Git. */
export function unreadable(id: string, { code, message }: GitError): Verdict {
  const problem = { path: tenantDirectory(id), line: 1, column: 1, pointer: '', severity: 'error', code, message } as const;
  return { good: false, problems: [problem], openings: [], claims: [], rendered: new Map() };
}
