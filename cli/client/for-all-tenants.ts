import { ApiError } from './api-error.ts';

/** An answer about all tenants, which operators and auditors get. Others are told how to ask about theirs: `command`. */
export async function forAllTenants<T>(answer: Promise<T>, command: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'forbidden') throw error;
    throw new ApiError(error.status, error.problem, `name your tenant: \`${command}\``);
  }
}
