import { join } from 'node:path';
import { mutate, pick, type Random } from '../../api/testing/fuzz-git.ts';
import { recordGitSessions } from '../../api/testing/record-git-sessions.ts';
import { FuzzedPlane } from './plane.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';
import type { OutgoingHttpHeaders } from 'node:http';

interface Input {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly base64: string;
}

/** What git sends when it clones, fetches and pushes, mutated → the Git server. */
export const gitPackets: TargetMaker = {
  name: 'git-packets',
  share: 15,
  async open(folder: string): Promise<Target<Input>> {
    const plane = await FuzzedPlane.open();
    const sessions = await recordGitSessions(plane.served, join(folder, 'git-packets'));
    return {
      name: 'git-packets',
      make(random: Random) {
        const { body, ...request } = mutate(pick(random, sessions), random);
        return { ...request, base64: body.toString('base64') };
      },
      async play({ base64, ...request }): Promise<Outcome> {
        // The token is another one in each run.
        const headers = 'authorization' in request.headers && String(request.headers['authorization']).length > 40 ? { ...request.headers, authorization: `Bearer ${plane.served.operator}` } : request.headers;
        const reply = await plane.send({ ...request, headers, body: Buffer.from(base64, 'base64') });
        const text = reply?.body.toString('latin1', 0, 2000) ?? '';
        const answer = reply === undefined ? 'none' : String(reply.status);
        if (plane.main() !== plane.head) return { answer, fault: 'main has moved.' };
        return reply === undefined || reply.status >= 500 || text.includes('on our side') ? { answer, fault: text } : { answer };
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};
