import type { ProofAnswer } from '../client/answers.ts';
import { deploymentPath } from '../client/paths.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { renderProof } from '../render/proof.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';

/** Every link from the commit to the ready pods; fails when one is missing. */
export async function proof(session: Session, target: ApplicationTarget, options: { readonly env: string }): Promise<ExitCode> {
  const client = await session.client();
  const { body } = await client.request<ProofAnswer>('GET', `${deploymentPath(target, options.env)}/proof`);
  const shown: ProofAnswer = { tenant: target.tenant, ...body };
  session.print(shown, (palette) => renderProof(shown, palette, session.io.now()));
  return body.live ? exitCodes.ok : exitCodes.failed;
}
