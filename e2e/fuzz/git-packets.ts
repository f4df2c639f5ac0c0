import { join } from 'node:path';
import { mutate, pick, renameCommand, type Random } from '../../api/testing/fuzz-git.ts';
import { recordGitSessions } from '../../api/testing/record-git-sessions.ts';
import { FuzzedPlane } from './plane.ts';
import { misreported, pushAnswers } from './push-answers.ts';
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
    const pushes = sessions.filter(({ method, path }) => method === 'POST' && path.endsWith('/git-receive-pack'));
    let refs = plane.refs();
    return {
      name: 'git-packets',
      make(random: Random) {
        // Most mutations of a push are none any more: some are to be whole, and to name another ref.
        const push = random() < 0.2 ? pick(random, pushes) : undefined;
        const { body, ...request } = push === undefined ? mutate(pick(random, sessions), random) : { ...push, body: renameCommand(push.body, random) };
        return { ...request, base64: body.toString('base64') };
      },
      async play({ base64, ...request }): Promise<Outcome> {
        // The token is another one in each run.
        const headers = 'authorization' in request.headers && String(request.headers['authorization']).length > 40 ? { ...request.headers, authorization: `Bearer ${plane.served.operator}` } : request.headers;
        const reply = await plane.send({ ...request, headers, body: Buffer.from(base64, 'base64') });
        const text = reply?.body.toString('latin1', 0, 2000) ?? '';
        const answer = reply === undefined ? 'none' : String(reply.status);
        if (plane.main() !== plane.head) return { answer, fault: 'main has moved.' };
        if (reply === undefined || reply.status >= 500 || text.includes('on our side')) return { answer, fault: text };
        if (!request.path.endsWith('/git-receive-pack')) return { answer };
        const before = refs;
        refs = plane.refs();
        const fault = misreported(pushAnswers(reply.body), before, refs);
        return fault === undefined ? { answer } : { answer, fault };
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};
