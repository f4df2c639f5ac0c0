import { join } from 'node:path';
import { mutate, pick, renameCommand, type Random, type WireRequest } from '../../api/testing/fuzz-git.ts';
import { recordGitSessions } from '../../api/testing/record-git-sessions.ts';
import { FuzzedPlane } from './plane.ts';
import { misreported, pushAnswers } from './push-answers.ts';
import { ReviewPushes } from './review-pushes.ts';
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
  reaches: ['200 taken for review', '400'],
  async open(folder: string): Promise<Target<Input>> {
    const plane = await FuzzedPlane.open();
    const sessions = await recordGitSessions(plane.served, join(folder, 'git-packets'));
    const pushes = sessions.filter(({ method, path }) => method === 'POST' && path.endsWith('/git-receive-pack'));
    const reviews = await ReviewPushes.record(plane, join(folder, 'review'));
    let refs = plane.refs();
    // Most mutations of a push are none any more: some are to be whole, and to name another ref; some are to be taken.
    const makeRequest = (random: Random): WireRequest => {
      const chance = random();
      if (chance < 0.03) return reviews.request;
      if (chance < 0.06) return mutate(reviews.request, random);
      if (chance > 0.2) return mutate(pick(random, sessions), random);
      const push = pick(random, [...pushes, reviews.request]);
      return { ...push, body: renameCommand(push.body, random) };
    };
    return {
      name: 'git-packets',
      make(random: Random) {
        const { body, ...request } = makeRequest(random);
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
        const answers = pushAnswers(reply.body);
        const fault = misreported(answers, before, refs);
        if (fault !== undefined) return { answer, fault };
        if (answers.get('refs/for/main') !== true) return { answer };
        const wrong = await reviews.judge(reply.body, before, refs);
        refs = plane.refs();
        return { answer: `${answer} taken for review`, ...(wrong === undefined ? {} : { fault: wrong }) };
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};
