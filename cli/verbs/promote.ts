import type { WriteAnswer } from '../client/answers.ts';
import { deploymentPath } from '../client/paths.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, queryOf, type WriteOptions } from './write.ts';

export interface PromoteOptions extends WriteOptions {
  readonly from: string;
  readonly to: string;
  readonly release?: string;
}

/** Copies the release, and nothing else, from one environment to the next. */
export async function promote(session: Session, target: ApplicationTarget, options: PromoteOptions): Promise<ExitCode> {
  const client = await session.client();
  const { body } = await client.request<WriteAnswer & { readonly release?: string }>('POST', `${deploymentPath(target, options.to)}/promotions`, {
    body: { from: options.from, ...(options.release === undefined ? {} : { release: options.release }) },
    query: queryOf(options),
  });
  const release = body.release ?? options.release;
  const what = `Promoted ${target.tenant}/${target.application}${release === undefined ? '' : ` ${release}`} from ${options.from} to ${options.to}`;
  return finishWrite(session, target, options.to, { ...options, what, answer: body, ...(release === undefined ? {} : { release }) });
}
